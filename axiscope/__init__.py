"""Axiscope in Python: `import axiscope` loads nothing else; each public name is imported at its first use."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axiscope.client import AsyncClient as AsyncClient
    from axiscope.client import Client as Client
    from axiscope.errors import JobFailed as JobFailed
    from axiscope.errors import ServiceError as ServiceError
    from axiscope.notebook import show as show
    from axiscope.pytorch import export as export

_MODULE_OF = {
    "AsyncClient": "axiscope.client",
    "Client": "axiscope.client",
    "JobFailed": "axiscope.errors",
    "ServiceError": "axiscope.errors",
    "export": "axiscope.pytorch",
    "show": "axiscope.notebook",
}
"""Public name -> module that defines it; no module has the name of a public name, which it would replace."""


def __getattr__(name: str) -> object:
    """Return a public name from its module, imported now (PEP 562).

    Raises
    ------
    AttributeError
        For any other name.
    """
    if name not in _MODULE_OF:
        raise AttributeError(f"got axiscope.{name}; allowed: {', '.join(__dir__())}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(_MODULE_OF)
