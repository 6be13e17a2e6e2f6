"""Packs: folders for a model hub that `axiscope pack` writes and `axiscope import` reads.

At the top stand the card, both graphs with metadata, the weights as safetensors, a page and `SHA256SUMS`; the other
files of the model are unaltered in the folder `axiscope`. A graph with metadata is the model's own file with further
bytes behind it, since fields of a protocol buffer may follow in any order
(https://protobuf.dev/programming-guides/encoding/#order): without them it is the model's file again.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.models.sandbox import inspect_in_sandbox
from models_zoo.catalog import verify
from models_zoo.errors import Conflict, DamagedFile, InvalidInput
from models_zoo.files import new_directory, open_regular, sha256_of
from models_zoo.manifest import CHECKSUMS, DECODER, ENCODER, MANIFEST, Manifest, check_id, read_manifest, write_manifest

FOLDER = "axiscope"
"""Folder of a pack with the files of the model other than its graphs."""
GRAPHS = (ENCODER, DECODER)
LINE = re.compile(r"([0-9a-f]{64})  ((?:axiscope/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})")
"""Line of `SHA256SUMS`; its names lead to files of the pack only."""
MAX_SUMS_BYTES = 1024**2
MAX_FILE_BYTES = 2 * 1024**3


def read_sums(pack: Path) -> dict[str, str]:
    """Return the digest of each file of a pack by its name.

    Raises
    ------
    DamagedFile
        If `SHA256SUMS` is missing, names a file outside the pack, or lacks a file that each pack has.
    """
    try:
        with open_regular(pack / CHECKSUMS, MAX_SUMS_BYTES) as stream:
            lines = stream.read().decode("ascii").splitlines()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        raise DamagedFile(
            f"got {pack.name} without a readable {CHECKSUMS}; allowed: a folder that `axiscope pack` wrote; fetch it "
            "whole"
        ) from None
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line)
        if match is None or match[2] in sums:
            raise DamagedFile(
                f"{pack.name}/{CHECKSUMS}: line {number}: got {line[:100]!r}; allowed: a SHA-256, two spaces and the "
                f"name of a file of the pack, each once; fetch the pack again"
            )
        sums[match[2]] = match[1]
    for name in (*GRAPHS, f"{FOLDER}/{MANIFEST}"):
        if name not in sums:
            raise DamagedFile(
                f"got {pack.name}/{CHECKSUMS} without {name}; allowed: a line for each file; fetch the pack again"
            )
    return sums


def _check(pack: Path, sums: Mapping[str, str]) -> None:
    """Compare every listed file with its digest."""
    for name, digest in sums.items():
        path = pack / name
        if not path.is_file():
            raise DamagedFile(
                f"got {pack.name} without {name}; allowed: the files that {CHECKSUMS} lists; fetch the pack again"
            )
        open_regular(path, MAX_FILE_BYTES).close()
        found = sha256_of(path)
        if found != digest:
            raise DamagedFile(
                f"got {pack.name}/{name} with SHA-256 {found[:12]}...: it was altered; allowed: {digest[:12]}..., as "
                f"{CHECKSUMS} lists; fetch the pack again"
            )


def _copy(pack: Path, sums: Mapping[str, str], manifest: Manifest, folder: Path) -> None:
    """Copy the files of the model; of each graph the bytes before its metadata."""
    for name in sums:
        if name.startswith(f"{FOLDER}/"):
            shutil.copyfile(pack / name, folder / name.removeprefix(f"{FOLDER}/"))
    for name in GRAPHS:
        if name not in manifest.files:
            raise DamagedFile(
                f"got {pack.name}, whose manifest lists no {name}; allowed: {ENCODER} and {DECODER}; fetch the pack "
                "again"
            )
        with (pack / name).open("rb") as stream:
            (folder / name).write_bytes(stream.read(manifest.files[name].bytes))


def _inspect(folder: Path, manifest: Manifest, *, allow_loops: bool) -> None:
    """Run the graphs in a child process with limits, since their source is not known."""
    with TemporaryDirectory() as scratch:
        request = {"encoder": str(folder / ENCODER), "decoder": str(folder / DECODER), "out": scratch, "pixels": "unit"}
        found = inspect_in_sandbox(
            {**request, "image_shape": list(manifest.image_shape), "allow_loops": allow_loops},
        )
    if (found["latents"], found["image_shape"]) != (manifest.latents, manifest.image_shape):
        raise InvalidInput(
            f"got graphs of {found['latents']} latents and images of {found['image_shape']}; allowed: "
            f"{manifest.latents} and {manifest.image_shape}, as the manifest lists; fetch the pack again"
        )


def import_pack(
    pack: Path,
    zoo: Path,
    *,
    model_id: str | None = None,
    replace: bool = False,
    allow_loops: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the model of a pack to the zoo, and return its folder; the files are those that were packed, bit for bit.

    Parameters
    ----------
    pack : Path
        Folder that `axiscope pack` wrote; files that its `SHA256SUMS` does not list are left out.
    zoo : Path
    model_id : str, optional
        Another id, by which the manifest differs.
    replace : bool
        Whether a model of the same id is replaced.
    allow_loops : bool
        Whether the graphs may have operators that repeat a part of them (Loop, Scan).
    progress : callable
        Called with the next step.

    Raises
    ------
    DamagedFile
        If a file is missing or altered.
    InvalidInput
        If the graphs are refused.
    Conflict
        If the id is taken and ``replace`` is not set.
    """
    sums = read_sums(pack)
    progress("comparing checksums")
    _check(pack, sums)
    manifest = read_manifest(pack / FOLDER)
    target = zoo / check_id(model_id or manifest.id)
    if target.exists() and not replace:
        raise Conflict(
            f"got the id {target.name!r}, which a model of the zoo has; allowed: a new one; choose another --id, or "
            "use --replace"
        )
    with new_directory(target) as folder:
        _copy(pack, sums, manifest, folder)
        verify(folder, manifest)
        progress("inspecting the graphs")
        _inspect(folder, manifest, allow_loops=allow_loops)
        if target.name != manifest.id:
            write_manifest(folder, manifest.model_copy(update={"id": target.name}))
    return target
