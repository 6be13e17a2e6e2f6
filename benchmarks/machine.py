"""Description of the machine that figures were measured on."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("numpy", "torch", "onnxruntime", "scikit-learn", "fastapi")


def processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory_gib() -> float:
    """Return the memory of the machine, GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def revision() -> str:
    """Return the short git revision, with a ``+`` where files were changed."""
    root = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=root, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()


def installed(library: str) -> str:
    """Return name and version of a library, or ``no NAME``."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"no {library}"


def facts() -> list[str]:
    """Return the lines above the table."""
    load = os.getloadavg()[0]
    return [
        f"{processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB; {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, " + ", ".join(installed(library) for library in LIBRARIES),
        f"revision {revision()}, load {load:.1f} before the run",
    ]
