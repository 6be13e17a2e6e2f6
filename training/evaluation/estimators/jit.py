"""Compilation of kernels by numba, kept on disk where that is possible."""

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numba.core.config

from models_zoo.home import cache_directory

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function of numbers and arrays; it runs without the interpreter's lock.

    Machine code is kept in the cache folder of AXISCOPE_HOME, since the package may be in a read-only folder;
    where that folder cannot be written either, every process compiles for itself.
    """
    if "NUMBA_CACHE_DIR" not in os.environ:
        setattr(numba.core.config, "CACHE_DIR", str(cache_directory() / "numba"))  # noqa: B010 - numba declares none
    try:
        return cast(F, numba.njit(nogil=True, cache=True)(function))
    except (OSError, RuntimeError):
        return cast(F, numba.njit(nogil=True)(function))
