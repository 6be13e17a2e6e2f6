"""`python -m benchmarks [NAME ...]`: run the benchmarks of this folder and print a table of each.

A benchmark is a module with a docstring and ``run() -> list[Row]``. Each runs in its own process, without the
threads, memory and caches of another.
"""

import argparse
import importlib
import json
import pkgutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import facts
from benchmarks.table import Row, markdown

HERE = Path(__file__).parent
NOT_SCRIPTS = {"__main__", "lab", "load", "machine", "table", "training_loops"}


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules([str(HERE)]) if module.name not in NOT_SCRIPTS)


def measured(name: str) -> list[Row]:
    """Run one benchmark in a fresh process and return its rows; its messages go to stderr."""
    command = [sys.executable, "-m", "benchmarks", "--child", name]
    done = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{name} ended with code {done.returncode}\n")
        return []
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against named baselines.")
    parser.add_argument("names", nargs="*", help="benchmarks to run; all by default")
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        rows = importlib.import_module(f"benchmarks.{options.child}").run()
        print(json.dumps([asdict(row) for row in rows]))
        return 0
    if options.list:
        for name in names():
            document = importlib.import_module(f"benchmarks.{name}").__doc__ or ""
            print(f"{name:12} {document.strip().splitlines()[0]}")
        return 0
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
    print("\n".join(facts()))
    failed = False
    for name in options.names or names():
        rows = measured(name)
        failed |= not rows
        print(f"\n## {name}\n\n{markdown(rows) if rows else 'gave no figures'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
