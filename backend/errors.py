"""Errors that clients of the service cause, in addition to those of `models_zoo.errors`."""

from models_zoo.errors import AxiscopeError, TooLarge


class NotAcceptable(AxiscopeError):
    """Raised if the client accepts none of the media types in ``allowed``."""


class BodyTooLarge(TooLarge):
    """Raised if a body exceeds its limit."""


class BadRequest(AxiscopeError):
    """Raised if parts of a request contradict each other, e.g. a cursor of other filters."""


class ClientGone(AxiscopeError):
    """Raised to end a request whose client has closed the connection."""


class Unauthenticated(AxiscopeError):
    """Raised if a request without a valid token needs one."""


class Forbidden(AxiscopeError):
    """Raised if the scope of the token, the host or the origin does not allow the request."""
