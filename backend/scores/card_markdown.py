"""A model card as Markdown."""

from collections.abc import Iterator, Sequence

from backend.schemas.card import Card, CardSection

MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<|#"})
"""Characters that a text of a model must not turn into markup."""


def escape(text: str) -> str:
    """Return one line of plain text that Markdown shows as it is."""
    return " ".join(text.split()).translate(MARKUP)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escape, cells))} |"


def _parts(section: CardSection) -> Iterator[str]:
    yield f"## {escape(section.title)}"
    yield from map(escape, section.text)
    if section.table:
        rule = "|" + "---|" * len(section.table.columns)
        yield "\n".join([_line(section.table.columns), rule, *map(_line, section.table.rows)])
    if section.points:
        yield "\n".join(f"- {escape(point)}" for point in section.points)
    for language, text in section.code.items():
        yield f"```{language}\n{text}\n```"


def to_markdown(card: Card) -> str:
    """Return a card as Markdown, with a heading for each section."""
    parts = [f"# {escape(card.name)}", *(part for section in card.sections for part in _parts(section))]
    return "\n\n".join(parts) + "\n"
