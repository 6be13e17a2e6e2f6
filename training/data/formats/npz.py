"""Arrays inside `.npz` files without loading them whole and without ever unpickling."""

import struct
import zipfile
from pathlib import Path

import numpy as np

from models_zoo.errors import DamagedFile, InvalidInput
from training.data.dataset import Array

LOCAL_HEADER = 30


def open_member(path: Path, name: str) -> Array:
    """Read array ``name`` of an npz file: mapped in place where the member is stored, else read whole.

    Raises
    ------
    DamagedFile
        If the file is no whole npz or lacks the array; the message lists what it has.
    InvalidInput
        If the array holds pickled objects, which are never read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if name not in members:
                raise DamagedFile(
                    f"got {path.name} with {len(members)} arrays; allowed: one of the name {name!r} among them; save "
                    "it by that name"
                )
            info = members[name]
            if info.compress_type == zipfile.ZIP_STORED:
                return _mapped(path, info)
        with np.load(path, allow_pickle=False) as arrays:
            return arrays[name]  # type: ignore[no-any-return]
    except zipfile.BadZipFile:
        raise DamagedFile(
            f"got {path.name}, which is no whole npz file; allowed: a readable file; fetch or copy it again"
        ) from None
    except ValueError as error:
        if "allow_pickle" in str(error) or "Object arrays" in str(error):
            raise InvalidInput(
                f"got {path.name} with pickled objects in {name}, which are never read; allowed: plain numbers; save "
                "it as these"
            ) from None
        raise DamagedFile(
            f"got {path.name} with {name}, which is no whole array; allowed: a readable array; save it again"
        ) from None


def _mapped(path: Path, info: zipfile.ZipInfo) -> Array:
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        header = stream.read(LOCAL_HEADER)
        if len(header) < LOCAL_HEADER or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        stream.seek(info.header_offset + LOCAL_HEADER + name_length + extra_length)
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be mapped")
        offset = stream.tell()
    size = int(np.prod(shape)) * dtype.itemsize
    if offset + size > path.stat().st_size:
        raise zipfile.BadZipFile
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if fortran else "C")
