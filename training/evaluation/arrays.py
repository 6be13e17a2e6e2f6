"""Arrays of the user for `axiscope metrics ARRAYS.npz`: reading and checking."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from training.data.dataset import Array
from training.evaluation.table import CodeTable, Floats, ModelCodes, Rows

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


def check_codes(codes: object, field: str = "z") -> Floats:
    """Validate codes (n, d) and return them as float64.

    Raises
    ------
    InvalidInput
        Naming the field and, for a value that is not finite, its row and latent.
    """
    array = np.asarray(codes)
    if array.dtype == object or not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise InvalidInput(
            f"got {field} of type {array.dtype}; allowed: an array of real numbers (n, latents); save it as one"
        )
    if array.ndim != 2 or array.shape[1] < 1:
        raise InvalidInput(
            f"got {field} of shape {array.shape}; allowed: (n, latents); save it in that shape", field=f"/{field}"
        )
    if array.shape[0] < 2:
        raise InvalidInput(
            f"got {field} of {array.shape[0]} row(s); allowed: at least 2; encode more images", field=f"/{field}"
        )
    values = array.astype(np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        row, latent = np.argwhere(bad)[0]
        raise InvalidInput(
            f"{field}, row {row}, latent {latent}: got {values[row, latent]}; allowed: finite numbers; correct the "
            "codes",
            field=f"/{field}/{row}/{latent}",
        )
    if np.abs(values).max() > 1e100:
        row, latent = np.unravel_index(np.abs(values).argmax(), values.shape)
        raise InvalidInput(
            f"{field}, row {row}, latent {latent}: got {values[row, latent]:g}; allowed: up to 1e100 in size; scale "
            "the codes",
            field=f"/{field}/{row}/{latent}",
        )
    return values


def check_factors(
    factors: object, n: int, sizes: object = None, names: Sequence[str] = ()
) -> tuple[Rows, tuple[int, ...]]:
    """Validate factors (n, k) of classes counted from 0; return them as int64 with the sizes.

    Raises
    ------
    InvalidInput
        Naming the row and factor of a class that is no whole number or lies outside its factor.
    """
    array = np.asarray(factors)
    if array.dtype == object or not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise InvalidInput(
            f"got factors of type {array.dtype}; allowed: whole numbers (n, factors); save them as these",
            field="/factors",
        )
    if array.ndim != 2 or array.shape[1] < 1:
        raise InvalidInput(
            f"got factors of shape {array.shape}; allowed: (n, factors); save them in that shape", field="/factors"
        )
    if array.shape[0] != n:
        raise InvalidInput(
            f"got factors of {array.shape[0]} rows; allowed: {n}, as z; save both of the same images", field="/factors"
        )
    k = array.shape[1]
    called = [names[j] if j < len(names) else f"factor {j}" for j in range(k)]
    if not np.issubdtype(array.dtype, np.integer):
        with np.errstate(invalid="ignore"):
            broken = np.argwhere(~np.isfinite(array) | (array != np.round(array)))
        if broken.size:
            row, column = broken[0]
            raise InvalidInput(
                f"factors, row {row}, {called[column]}: got {array[row, column]}; allowed: whole numbers from 0; "
                "correct it",
                field=f"/factors/{row}/{column}",
            )
    limits = _check_sizes(sizes, k) if sizes is not None else None
    top = np.iinfo(np.int32).max if limits is None else np.array(limits) - 1
    outside = np.argwhere((array < 0) | (array > top))
    if outside.size:
        row, column = outside[0]
        allowed = f"0 to {limits[column] - 1}" if limits is not None else "0 and up"
        raise InvalidInput(
            f"factors, row {row}, {called[column]}: got {array[row, column]}; allowed: {allowed}; correct it",
            field=f"/factors/{row}/{column}",
        )
    classes = array.astype(np.int64)
    return classes, limits or tuple(int(top) + 1 for top in classes.max(axis=0))


def _check_sizes(sizes: object, k: int) -> tuple[int, ...]:
    array = np.asarray(sizes)
    if array.shape != (k,) or not np.issubdtype(array.dtype, np.number) or not (array >= 1).all():
        raise InvalidInput(
            f"got factor_sizes {np.array2string(array, threshold=8)}; allowed: {k} whole numbers of at least 1; "
            "correct them",
            field="/factor_sizes",
        )
    return tuple(int(size) for size in array)
