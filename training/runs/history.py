"""History of a run: one row every ``log_every`` steps, with the mean of each part of the loss since the last row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject

FILE = "history.jsonl"
EVALUATIONS = "evaluations.jsonl"


@dataclass
class Window:
    """Running sums since the last row; checkpoints hold it, so that a resumed run writes the same history."""

    count: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    kl: list[float] = field(default_factory=list)

    def add(self, parts: Mapping[str, float], kl: list[float]) -> None:
        """Add one step's parts and its KL per latent, nats; none of an autoencoder."""
        self.count += 1
        for name, value in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.kl = [a + b for a, b in zip(self.kl, kl, strict=True)] if self.kl and kl else list(kl)

    def close(self, step: int, learned: Mapping[str, object]) -> JsonObject:
        """Return the row at ``step`` and begin a new window."""
        row = {
            "step": step,
            "parts": {name: total / self.count for name, total in self.sums.items()},
            "kl": [total / self.count for total in self.kl],
            "learned": dict(learned),
        }
        self.count, self.sums, self.kl = 0, {}, []
        return row


def append(folder: Path, row: Mapping[str, object], file: str = FILE) -> None:
    """Add one row to ``file`` of the run folder."""
    with (folder / file).open("a") as stream:
        stream.write(json.dumps(row) + "\n")


def read(folder: Path, file: str = FILE) -> list[JsonObject]:
    """Return all complete rows; a last line that a crash cut short is left out."""
    path = folder / file
    rows = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def truncate(folder: Path, step: int, file: str = FILE) -> None:
    """Drop the rows after ``step``, which a resumed run writes again."""
    rows = [row for row in read(folder, file) if row["step"] <= step]
    write_atomic(folder / file, "".join(json.dumps(row) + "\n" for row in rows).encode())


def as_columns(rows: list[JsonObject]) -> JsonObject:
    """Return rows as columns, the form of a model's `history.json`; a part that a row lacks is None."""
    names = sorted({name for row in rows for name in row["parts"]})
    learned = sorted({name for row in rows for name in row["learned"]})
    gradients = sorted({name for row in rows for name in row.get("gradients", {})})
    return {
        "step": [row["step"] for row in rows],
        "parts": {name: [row["parts"].get(name) for row in rows] for name in names},
        "kl": [row["kl"] for row in rows],
        "learned": {name: [row["learned"].get(name) for row in rows] for name in learned},
        "gradients": {name: [row.get("gradients", {}).get(name) for row in rows] for name in gradients},
    }
