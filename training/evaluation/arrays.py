"""Arrays of the user for `axiscope metrics ARRAYS.npz`: reading and checking."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from training.data.dataset import Array
from training.evaluation.table import CodeTable, ModelCodes, Rows, check_codes, check_factors

Arrays = Mapping[str, Array | None]
KNOWN = re.compile(r"(z|kl)(_\d+)?|factors|factor_sizes|factor_names|logvar")
"""Arrays that are read; others may be in the file and stay unread."""
NUMBERED = re.compile(r"z_(\d+)")
RANGE = re.compile(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*")


def read_arrays(path: Path) -> dict[str, Array | None]:
    """Read the arrays of an npz file by name, None for those that no metric reads; nothing in it is executed.

    Raises
    ------
    NotFound, DamagedFile, InvalidInput
        If there is no such file, it is no npz, or an array in it is pickled.
    """
    if not path.is_file():
        raise NotFound(f"got {path}, which does not exist; allowed: an npz file; correct the path")
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedFile(
            f"got {path.name}, which is no npz: {_first_line(error)}; allowed: an npz with `z` and `factors`; save it "
            "with numpy.savez"
        ) from None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DamagedFile(
            f"got {path.name} with one array; allowed: an npz with `z` and `factors`; save it with numpy.savez"
        )
    arrays: dict[str, Array | None] = {}
    with archive:
        for name in archive.files:
            try:
                arrays[name] = archive[name] if KNOWN.fullmatch(name) else None
            except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
                what = (
                    "holds Python objects, which are not read" if "pickle" in str(error).lower() else _first_line(error)
                )
                raise InvalidInput(
                    f"got {path.name} with {name}, which {what}; allowed: plain numbers; save them with numpy.savez",
                    field=f"/{name}",
                ) from None
    return arrays


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def table_from_arrays(arrays: Arrays) -> CodeTable:
    """Check the arrays and make them a table.

    Parameters
    ----------
    arrays : dict
        ``z`` (n, d) with optional ``factors`` (n, k), ``factor_sizes`` (k,), ``factor_names`` (k,) and ``logvar``
        (n, d); or the codes of several models on the same rows: ``z_0``, ``z_1``, .. or ``z`` (models, n, d), with
        optional ``kl_0``, .. or ``kl`` (models, d).

    Raises
    ------
    InvalidInput
        Naming the array, and row and column where one value is at fault.
    """
    models = _models(arrays)
    if models:
        codes = models[0].codes
    elif "z" in arrays:
        codes = check_codes(arrays["z"])
    else:
        names_given = ", ".join(sorted(arrays)) or "nothing"
        raise InvalidInput(
            f"got {names_given}; allowed: `z` (n, latents) with `factors`, or `z_0`, `z_1` ...; save the codes by "
            "these names",
            field="/z",
        )
    n = codes.shape[0]
    names = _names(arrays.get("factor_names"))
    factors: Rows | None = None
    sizes: tuple[int, ...] = ()
    if "factors" in arrays:
        factors, sizes = check_factors(arrays["factors"], n, arrays.get("factor_sizes"), names)
        if names and len(names) != len(sizes):
            raise InvalidInput(
                f"got factor_names with {len(names)} names; allowed: {len(sizes)}, one for each factor; correct them",
                field="/factor_names",
            )
        names = names or tuple(f"factor {k}" for k in range(len(sizes)))
    logvar = None
    if "logvar" in arrays and not models:
        logvar = check_codes(arrays["logvar"], "logvar")
        if logvar.shape != codes.shape:
            raise InvalidInput(
                f"got logvar of shape {logvar.shape}; allowed: {codes.shape}, as z; save both of the same images",
                field="/logvar",
            )
    return CodeTable(codes, factors, names if factors is not None else (), sizes, logvar=logvar, models=models)


def _names(array: Array | None) -> tuple[str, ...]:
    return () if array is None else tuple(str(name) for name in np.atleast_1d(np.asarray(array)))


def _models(arrays: Arrays) -> tuple[ModelCodes, ...]:
    numbers = sorted(int(match[1]) for name in arrays if (match := NUMBERED.fullmatch(name)))
    if numbers:
        stacked = {number: arrays[f"z_{number}"] for number in numbers}
        kls = {number: arrays.get(f"kl_{number}") for number in numbers}
    else:
        together, kl_together = arrays.get("z"), arrays.get("kl")
        if together is None or np.ndim(together) != 3:
            return ()
        stacked = dict(enumerate(together))
        kls = {} if kl_together is None else dict(enumerate(kl_together))
    models = []
    for number, codes in stacked.items():
        checked = check_codes(codes, f"z_{number}")
        kl = kls.get(number)
        if kl is not None:
            kl = np.asarray(kl)
            if kl.shape != (checked.shape[1],) or not np.issubdtype(kl.dtype, np.number) or not np.isfinite(kl).all():
                raise InvalidInput(
                    f"got kl_{number} of shape {kl.shape}; allowed: {checked.shape[1]} finite numbers, one for each "
                    "latent; correct it",
                    field=f"/kl_{number}",
                )
            kl = kl.astype(np.float64)
        models.append(ModelCodes(checked, kl))
    rows = {len(model.codes) for model in models}
    if len(rows) > 1:
        raise InvalidInput(
            f"got models of {sorted(rows)} rows; allowed: codes of the same rows for all; encode the same images",
            field="/z_0",
        )
    return tuple(models)


def parse_range(text: str, n: int, option: str) -> Rows:
    """Return the rows of ``"A:B"``, counted from 0, B excluded, as Python slices.

    Raises
    ------
    InvalidInput
        If it is no range or holds none of the ``n`` rows.
    """
    match = RANGE.fullmatch(text)
    if not match:
        raise InvalidInput(f"got {option} {text!r}; allowed: A:B, e.g. 0:7000")
    start, stop = (int(bound) if bound else None for bound in match.groups())
    for bound in (start, stop):
        if bound is not None and abs(bound) > n:
            raise InvalidInput(f"got {option} {text}; allowed: within 0:{n}, the rows there are")
    rows = np.arange(n, dtype=np.int64)[start:stop]
    if not rows.size:
        raise InvalidInput(f"got {option} {text}, which holds no row; allowed: rows within 0:{n}; choose others")
    return rows
