"""What git holds: the files that the tests of the house look at."""

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".onnx", ".png", ".npz", ".npy", ".safetensors", ".gif", ".ico", ".woff2", ".h5", ".mat", ".gz", ".zip"}


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Files in git or about to be (new and not ignored), relative to the root; those deleted on disk left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(Path(name) for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


def sources(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix in suffixes]


def texts() -> list[tuple[Path, str]]:
    return [(path, (ROOT / path).read_text("utf-8")) for path in tracked() if path.suffix not in BINARY]
