"""Errors of the project. Every message gives the value received, what is allowed and what to do.

AxiscopeError
├── NotFound            what was named does not exist
│   └── MissingFiles    files of a data set are not on this machine
├── InvalidInput        a value is of the wrong shape, type or range; ``field`` names it
│   └── TooLarge        a value is beyond a stated limit
├── UnsupportedFormat   a file or body is of a format that is not supported
├── Conflict            the request is valid, but the present state forbids it
├── DamagedFile         a file on disk is truncated, altered or of a newer schema
├── TooMany             a limit of concurrent or waiting work is reached
└── Unavailable         a resource is missing or down; a later request may succeed
    ├── Overdue         a model run was ended at its deadline, or waits behind one that cannot be ended
    └── OutOfMemory     a model run needs more memory than its limit
"""


class AxiscopeError(Exception):
    """Root of all errors whose message is shown to the user.

    Parameters
    ----------
    message : str
        One or two sentences: value received, what is allowed, what to do.
    field : str, optional
        JSON-pointer-like path of the value at fault, e.g. ``/latents/0/3``.
    allowed : object, optional
        Accepted values: a list of names, or a range as text.
    """

    def __init__(self, message: str, *, field: str | None = None, allowed: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.allowed = allowed


class NotFound(AxiscopeError):
    """Raised when a model, data set, plugin or file that was named does not exist."""


class MissingFiles(NotFound):
    """Raised when files of a data set are not on this machine; the message names them and how to get them."""


class InvalidInput(AxiscopeError):
    """Raised when an input value has the wrong type, shape or range."""


class TooLarge(InvalidInput):
    """Raised when a value exceeds a stated limit of size or count."""


class UnsupportedFormat(AxiscopeError):
    """Raised when a file or body is of a format that is not supported."""


class Conflict(AxiscopeError):
    """Raised when the present state forbids the request, e.g. the name is taken."""


class DamagedFile(AxiscopeError):
    """Raised when a file is truncated, fails its checksum or has a newer schema."""


class Unavailable(AxiscopeError):
    """Raised when a resource is missing or down."""


class TooMany(AxiscopeError):
    """Raised when a limit of concurrent or waiting work is reached."""


class Overdue(Unavailable):
    """Raised when a model run was ended at its deadline, or waits for threads that are stuck.

    Parameters
    ----------
    message : str
    retry_seconds : int
        Seconds after which the request may be repeated.
    """

    def __init__(self, message: str, *, retry_seconds: int) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class OutOfMemory(Unavailable):
    """Raised when a model run needs more memory than its limit."""
