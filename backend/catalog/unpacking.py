"""Child process that unpacks an uploaded zip of images, within limits.

`backend.catalog.uploads` runs ``python -m backend.catalog.unpacking``. Every member is checked before the first one is
unpacked, so that nothing is written outside the folder of the request.
"""

import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TypedDict, cast

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


class UnpackRequest(TypedDict):
    """Request to the child process.

    ``labels`` is the path of a CSV that is put beside the images. ``files``, ``bytes`` and ``pixels`` limit the number
    of members, their bytes together, and the pixels of an image.
    """

    archive: str
    labels: str | None
    out: str
    files: int
    bytes: int
    pixels: int


class UnpackedFiles(TypedDict):
    """Response of the child process."""

    pictures: int
    labels: bool
    bytes: int


def unpack(request: UnpackRequest, report: Report) -> UnpackedFiles:
    """Unpack an archive into an empty folder, and check every image.

    Raises
    ------
    InvalidInput, TooLarge, UnsupportedFormat
        Naming the invalid member.
    """
    out = Path(request["out"])
    try:
        with zipfile.ZipFile(request["archive"]) as archive:
            members = _members(archive, request)
            for done, (name, info) in enumerate(members.items(), 1):
                _write(archive, info, out / name)
                report(done, len(members))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise UnsupportedFormat(
            f"got no whole zip archive that can be read here ({reason}); allowed: zip archives; pack it again",
            field=FIELD,
        ) from None
    except AxiscopeError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders of untrusted bytes raise anything
        raise UnsupportedFormat(
            f"got no readable archive ({type(error).__name__}); allowed: zip archives; pack it again", field=FIELD
        ) from None
    files = picture_files(out)
    for file in files:
        _check_picture(file, file.relative_to(out).as_posix(), request["pixels"])
    if request["labels"]:
        (out / LABELS).write_bytes(Path(request["labels"]).read_bytes())
    if (out / LABELS).exists():
        read_csv(out / LABELS, files=[file.relative_to(out).as_posix() for file in files])
    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return {"pictures": len(files), "labels": (out / LABELS).exists(), "bytes": total}


def _members(archive: zipfile.ZipFile, request: UnpackRequest) -> dict[str, zipfile.ZipInfo]:
    """Return the members to unpack by path, without a folder that holds all of them."""
    infos = archive.infolist()
    if len(infos) > request["files"]:
        raise TooLarge(
            f"got an archive of {len(infos):,} members; allowed: at most {request['files']:,}; send it in parts",
            field=FIELD,
            allowed=request["files"],
        )
    parts: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for number, info in enumerate(infos, 1):
        path = _checked_path(info, number)
        if not info.is_dir() and not any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
            if path in parts:
                raise InvalidInput(f"got {str(path)[:80]!r} twice; allowed: once; use different names", field=FIELD)
            parts[path] = info
    total = sum(info.file_size for info in parts.values())
    if total > request["bytes"]:
        raise TooLarge(
            f"got an archive that unpacks to {total:,} bytes; allowed: at most {request['bytes']:,}; send it in parts",
            field=FIELD,
            allowed=request["bytes"],
        )
    members = _below_the_common_folder(parts)
    for name, info in members.items():
        _check_member(name, info)
    return members


def _checked_path(info: zipfile.ZipInfo, number: int) -> PurePosixPath:
    """Return the path of a member.

    Raises
    ------
    InvalidInput
        If it leads out of the archive, or is neither file nor folder.
    """
    name = info.orig_filename
    path = PurePosixPath(name)
    wrong = path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts
    if wrong or len(name) > MAX_NAME or len(path.parts) > MAX_DEPTH or any(ord(letter) < 32 for letter in name):
        raise InvalidInput(
            f"got member {number} with the path {name[:80]!r}; allowed: paths below the archive of at most "
            f"{MAX_NAME} characters and {MAX_DEPTH} levels, without '..', '\\' and control characters",
            field=FIELD,
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InvalidInput(
            f"got member {number}, {name[:80]!r}, which is a link or a device; allowed: files and folders; put the "
            "image itself there",
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
            f"got {name[:80]!r}; allowed: images ({', '.join(sorted(PICTURES))}) and one {LABELS}; an archive in the "
            "archive is not unpacked",
            field=FIELD,
        )
    if info.flag_bits & 1 or info.compress_type not in METHODS:
        raise UnsupportedFormat(
            f"got {name[:80]!r} with encryption or another compression; allowed: stored and deflated members",
            field=FIELD,
        )
    if info.file_size > SMALL_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise TooLarge(
            f"got {name[:80]!r}, which unpacks to {info.file_size:,} bytes; allowed: at most {MAX_RATIO} times its "
            "packed size; use a compressed image format",
            field=FIELD,
            allowed=MAX_RATIO,
        )


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as packed, path.open("xb") as out:
        shutil.copyfileobj(packed, out, CHUNK_BYTES)


def _check_picture(path: Path, name: str, max_pixels: int) -> None:
    try:
        width, height = picture_size(path)
    except AxiscopeError:
        raise UnsupportedFormat(
            f"got {name[:80]!r}, which is no image that can be read here; allowed: {', '.join(sorted(PICTURES))}",
            field=FIELD,
        ) from None
    if width * height > max_pixels:
        raise TooLarge(
            f"got {name[:80]!r} of {width} x {height} pixels; allowed: at most {max_pixels:,}; make it smaller",
            field=FIELD,
            allowed=max_pixels,
        )


if __name__ == "__main__":
    serve(lambda request, report: unpack(cast("UnpackRequest", request), report))
