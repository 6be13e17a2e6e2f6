"""The one error tree. Every message says what came, what is allowed and what to do.

AxiscopeError
├── NotFound            the thing named does not exist
├── InvalidInput        a value is of the wrong shape, type or range; ``field`` says which
│   └── TooLarge        a value is beyond a stated limit
├── UnsupportedFormat   a file or body is of a kind that is not read here
├── Conflict            the request is sound, but the state of things forbids it
├── DamagedFile         a file on disk is truncated, altered or of a newer schema
├── TooMany             so much of this is under way already that no more is taken now
└── Unavailable         something this needs is missing or down now; trying later may help
    ├── Overdue         a model run took longer than it may and was ended, or waits behind one that cannot be ended
    └── OutOfMemory     a model run needs more memory than it may take
"""


class AxiscopeError(Exception):
    """Root of all errors that are meant for a person to read.

    Parameters
    ----------
    message : str
        One or two sentences: what came, what is allowed, what to do.
    field : str, optional
        JSON-pointer-like path of the value at fault, e.g. ``/latents/0/3``.
    allowed : object, optional
        What would have been accepted: a list of names, a range in words.
    """

    def __init__(self, message: str, *, field: str | None = None, allowed: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.allowed = allowed


class NotFound(AxiscopeError):
    """Raised when a model, data set, plugin or file that was named does not exist."""


class InvalidInput(AxiscopeError):
    """Raised when a value that came from outside has the wrong type, shape or range."""


class TooLarge(InvalidInput):
    """Raised when a value exceeds a stated limit of size or count."""


class UnsupportedFormat(AxiscopeError):
    """Raised when a file or body is of a format that is not read here."""


class Conflict(AxiscopeError):
    """Raised when the present state forbids what was asked, e.g. the name is taken."""


class DamagedFile(AxiscopeError):
    """Raised when a file is truncated, fails its checksum or has a newer schema."""


class Unavailable(AxiscopeError):
    """Raised when something needed is missing or down at this moment."""


class TooMany(AxiscopeError):
    """Raised when a stated limit of what may wait or run at a time is reached."""


class Overdue(Unavailable):
    """Raised when a model run was ended at its deadline, or waits for threads that are stuck.

    Parameters
    ----------
    message : str
    retry_seconds : int
        After how many seconds it may be tried again.
    """

    def __init__(self, message: str, *, retry_seconds: int) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class OutOfMemory(Unavailable):
    """Raised when a model run needs more memory than it may take."""
