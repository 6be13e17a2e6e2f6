"""Terminal output: progress on stderr, results on stdout."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True)
results = Console()


@contextmanager
def status(text: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with ``text`` while the block runs; the function that it yields adds words to the text."""
    with console.status(text) as spinner:
        yield lambda detail: spinner.update(f"{text}: {detail}")
