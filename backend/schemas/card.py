"""Document of a model card: sections that the page draws and `backend/scores/card_markdown.py` writes as Markdown."""

from pydantic import Field

from backend.schemas.base import Document


class CardTable(Document):
    """Table of a section."""

    columns: list[str]
    rows: list[list[str]]


class CardSection(Document):
    """Section of a card; its parts are shown in the order of the fields."""

    title: str
    text: list[str] = Field(default_factory=list, description="paragraphs")
    table: CardTable | None = None
    points: list[str] = Field(default_factory=list, description="items of a list")
    code: dict[str, str] = Field(default_factory=dict, description="examples by language: python, sh, bibtex")


class Card(Document):
    """What a model is, how it was trained and measured, what it fails at, and how it is used."""

    model: str
    version: str
    name: str
    sections: list[CardSection]
