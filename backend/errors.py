"""Errors that clients of the service cause, beside those of `models_zoo.errors`."""

from models_zoo.errors import AxiscopeError, TooLarge


class NotAcceptable(AxiscopeError):
    """Raised when none of the accepted media types can be made; ``allowed`` lists those that can."""


class BodyTooLarge(TooLarge):
    """Raised when a body exceeds the limit while it is read."""


class BadRequest(AxiscopeError):
    """Raised when a request contradicts itself, e.g. a cursor used with other filters."""


class ClientGone(AxiscopeError):
    """Raised to end a request whose client has closed the connection: nobody reads the answer."""


class Unauthenticated(AxiscopeError):
    """Raised when a token is needed and none that is valid came."""


class Forbidden(AxiscopeError):
    """Raised when the token's scope, the host or the origin does not allow the request."""
