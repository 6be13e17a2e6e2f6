"""The child process that unpacks an uploaded zip of pictures, within limits.

``python -m backend.catalog.unpacking`` is started by `backend.catalog.uploads`. Nothing is written outside the folder
that the order names: every member is checked before the first one is unpacked.
"""

import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from backend.limited_process import Report, serve
from models_zoo.errors import AxiscopeError, InvalidInput, TooLarge, UnsupportedFormat
from training.data.formats.label_table import read_csv
from training.data.formats.labelled_images import PICTURES, picture_files
from training.data.formats.pictures import picture_size

LABELS = "labels.csv"
FIELD = "/pictures"
MAX_RATIO = 200
SMALL_BYTES = 1024**2
MAX_NAME = 200
MAX_DEPTH = 8
CHUNK_BYTES = 1024**2
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Unpack ``order["archive"]`` into the empty folder ``order["out"]`` and look at every picture.

    Parameters
    ----------
    order : mapping
        ``archive``, ``out`` (paths), ``labels`` (path of a CSV that is put beside the pictures, or None), ``files``,
        ``bytes`` and ``pixels``: limits of the number of members, of their bytes together, of the pixels of a picture.

    Raises
    ------
    InvalidInput, TooLarge, UnsupportedFormat
        Naming the member at fault.
    """
    out = Path(order["out"])
    try:
        with zipfile.ZipFile(order["archive"]) as archive:
            members = _members(archive, order)
            for done, (name, info) in enumerate(members.items(), 1):
                _write(archive, info, out / name)
                report(done, len(members))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "pack it again"
        raise UnsupportedFormat(
            f"the file is no whole zip archive that can be read here: {reason}", field=FIELD
        ) from None
    except AxiscopeError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders of bytes that anybody made raise anything
        raise UnsupportedFormat(f"the archive cannot be unpacked: {type(error).__name__}", field=FIELD) from None
    files = picture_files(out)
    for file in files:
        _check_picture(file, file.relative_to(out).as_posix(), order["pixels"])
    if order["labels"]:
        (out / LABELS).write_bytes(Path(order["labels"]).read_bytes())
    if (out / LABELS).exists():
        read_csv(out / LABELS, files=[file.relative_to(out).as_posix() for file in files])
    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return {"pictures": len(files), "labels": (out / LABELS).exists(), "bytes": total}


def _members(archive: zipfile.ZipFile, order: Mapping[str, Any]) -> dict[str, zipfile.ZipInfo]:
    """Members to unpack by their path in the set; a folder around all of them is left out."""
    infos = archive.infolist()
    if len(infos) > order["files"]:
        raise TooLarge(
            f"the archive has {len(infos):,} members; allowed: at most {order['files']:,}; send it in parts",
            field=FIELD,
            allowed=order["files"],
        )
    parts: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for number, info in enumerate(infos, 1):
        path = _checked_path(info, number)
        if not info.is_dir() and not any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
            if path in parts:
                raise InvalidInput(
                    f"the archive has {str(path)[:80]!r} twice; allowed: once; name them apart", field=FIELD
                )
            parts[path] = info
    total = sum(info.file_size for info in parts.values())
    if total > order["bytes"]:
        raise TooLarge(
            f"the archive unpacks to {total:,} bytes; allowed: at most {order['bytes']:,}; send it in parts",
            field=FIELD,
            allowed=order["bytes"],
        )
    members = _below_the_common_folder(parts)
    for name, info in members.items():
        _check_member(name, info)
    return members


def _checked_path(info: zipfile.ZipInfo, number: int) -> PurePosixPath:
    """Path of a member.

    Raises
    ------
    InvalidInput
        If it leads out of the archive, or is no plain file or folder.
    """
    name = info.orig_filename
    path = PurePosixPath(name)
    wrong = path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts
    if wrong or len(name) > MAX_NAME or len(path.parts) > MAX_DEPTH or any(ord(letter) < 32 for letter in name):
        raise InvalidInput(
            f"member {number} of the archive has the path {name[:80]!r}; allowed: paths below the archive of at most "
            f"{MAX_NAME} characters and {MAX_DEPTH} levels, without '..', '\\' and control characters",
            field=FIELD,
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InvalidInput(
            f"member {number} of the archive, {name[:80]!r}, is a link or a device; allowed: files and folders; put "
            "the picture itself there",
            field=FIELD,
        )
    return path


def _below_the_common_folder(parts: Mapping[PurePosixPath, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    tops = {path.parts[0] for path in parts}
    skip = 1 if len(tops) == 1 and all(len(path.parts) > 1 for path in parts) else 0
    return {"/".join(path.parts[skip:]): info for path, info in parts.items()}


def _check_member(name: str, info: zipfile.ZipInfo) -> None:
    ending = PurePosixPath(name).suffix.lower()
    if name != LABELS and ending not in PICTURES:
        raise UnsupportedFormat(
            f"the archive has {name[:80]!r}; allowed: pictures ({', '.join(sorted(PICTURES))}) and one {LABELS}; an "
            "archive in the archive is not unpacked",
            field=FIELD,
        )
    if info.flag_bits & 1 or info.compress_type not in METHODS:
        raise UnsupportedFormat(
            f"{name[:80]!r} is encrypted or packed in an unusual way; allowed: stored and deflated members", field=FIELD
        )
    if info.file_size > SMALL_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise TooLarge(
            f"{name[:80]!r} unpacks to {info.file_size:,} bytes, more than {MAX_RATIO} times its packed size; pack "
            "pictures that are compressed themselves",
            field=FIELD,
            allowed=MAX_RATIO,
        )


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as packed, path.open("xb") as out:
        for chunk in _chunks(packed):
            out.write(chunk)


def _chunks(stream: IO[bytes]) -> Iterable[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def _check_picture(path: Path, name: str, most_pixels: int) -> None:
    try:
        width, height = picture_size(path)
    except AxiscopeError:
        raise UnsupportedFormat(
            f"{name[:80]!r} is no picture that can be read here; allowed: {', '.join(sorted(PICTURES))}", field=FIELD
        ) from None
    if width * height > most_pixels:
        raise TooLarge(
            f"{name[:80]!r} has {width} x {height} pixels; allowed: at most {most_pixels:,}; make it smaller",
            field=FIELD,
            allowed=most_pixels,
        )


def main() -> None:
    """Serve one order from stdin."""
    serve(unpack)


if __name__ == "__main__":
    main()
