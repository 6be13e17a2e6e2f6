"""Validation of a run between its steps: held-out loss, metrics, the best checkpoint, early stop."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models_zoo.errors import InvalidInput, Unavailable
from models_zoo.json_types import JsonObject
from training.evaluation.suite import Result, evaluate, metric
from training.evaluation.table import CodeTable, Floats, Network, NetworkKind, build_table
from training.model.losses import Posterior
from training.runs import checkpoint, history
from training.runs.batches import EVALUATION_STREAM, to_tensor
from training.runs.callbacks import Callback
from training.runs.history import EVALUATIONS
from training.runs.step import SingleNetworks
from training.runs.trainer import Trainer

HELD_OUT = "held_out."
ENCODING_BATCH = 256


def no_network(kind: NetworkKind, **_: object) -> Network:
    """Raise `Unavailable`: feature networks are used on exported models only."""
    raise Unavailable(
        f"got a metric of the {kind} network while a run trains; allowed: metrics without a network; evaluate the "
        "exported model"
    )


@dataclass
class Validation(Callback):
    """Callback that adds a row to `evaluations.jsonl` every ``evaluate_every`` steps.

    A row has ``step``, ``held_out`` (nats by part of the loss), ``metrics`` (score or null by name) and ``details``
    (by name, those that are single numbers, such as the modularity of CbD). The best checkpoint and the end of patience
    follow from the rows alone, so a resumed run decides as an uninterrupted one.
    """

    trainer: Trainer

    def __post_init__(self) -> None:
        """Draw the images that every evaluation uses."""
        trainer = self.trainer
        pool = trainer.held_out if len(trainer.held_out) else np.arange(len(trainer.dataset))
        rng = np.random.default_rng([trainer.config.seed, EVALUATION_STREAM])
        self._indices = rng.choice(pool, size=min(trainer.config.evaluate_images, len(pool)), replace=False)

    def start(self) -> bool:
        """Drop the rows after the trainer's step; True if patience had ended already."""
        history.truncate(self.trainer.out, self.trainer.step, EVALUATIONS)
        rows = history.read(self.trainer.out, EVALUATIONS)
        return bool(rows) and rows[-1]["step"] == self.trainer.step and self._out_of_patience(rows)

    def after_step(self) -> bool:
        """Evaluate if it is due and keep the best checkpoint; True to stop early."""
        config, step = self.trainer.config, self.trainer.step
        if config.evaluate_every is None or (step % config.evaluate_every and step != config.last_step):
            return False
        self.trainer.read_losses()
        history.append(self.trainer.out, self.measure(), EVALUATIONS)
        rows = history.read(self.trainer.out, EVALUATIONS)
        if config.keep_best and best_row(rows, config.keep_best) == rows[-1]:
            checkpoint.save(checkpoint.best_path(self.trainer.out), self.trainer.snapshot())
        return self._out_of_patience(rows)

    def measure(self) -> JsonObject:
        """Return the row of the present step; the random state of the run stays as it was."""
        trainer = self.trainer
        trainer.model.eval()
        trainer.objective.eval()
        try:
            held_out = self._held_out_loss() if len(trainer.held_out) else {}
            results = self._results() if trainer.config.evaluate_metrics else []
        finally:
            trainer.model.train()
            trainer.objective.train()
        return {
            "step": trainer.step,
            "held_out": held_out,
            "metrics": {result.metric: result.score for result in results},
            "details": {result.metric: _numbers(result.details) for result in results},
        }

    def _held_out_loss(self) -> dict[str, float]:
        trainer = self.trainer
        size = min(trainer.config.batch_size, len(self._indices))
        sums: dict[str, float] = {}
        starts = range(0, len(self._indices) - size + 1, size)
        networks = SingleNetworks(trainer.result, trainer.device, amp=trainer.config.amp)
        generator = torch.Generator(trainer.device).manual_seed(trainer.config.seed)
        with torch.no_grad():
            for start in starts:
                images = to_tensor(trainer.dataset.images(self._indices[start : start + size]), trainer.device)
                (posterior,) = networks.encode(images[None])
                latent = posterior.sample(generator) if trainer.objective.stochastic else posterior.mean
                (logits,) = networks.decode([latent])
                total, parts = trainer.objective(images, logits, posterior, latent, trainer.step)
                for name, value in {"total": total, **parts}.items():
                    sums[name] = sums.get(name, 0.0) + value.item() / len(starts)
        return sums

    def _results(self) -> list[Result]:
        config = self.trainer.config
        return list(evaluate(self._table(), config.evaluate_metrics, seed=config.seed))

    def _table(self) -> CodeTable:
        mean, logvar = (part.numpy() for part in self._encode(self._indices))
        return build_table(
            self.trainer.dataset,
            self._indices,
            mean,
            logvar,
            decode=self._decode,
            encode=self._encode_images,
            network=no_network,
        )

    def _encode(self, indices: NDArray[np.int64]) -> Posterior:
        trainer, parts = self.trainer, []
        with torch.no_grad():
            for start in range(0, len(indices), ENCODING_BATCH):
                images = trainer.dataset.images(indices[start : start + ENCODING_BATCH])
                parts.append(trainer.result.encode(to_tensor(images, trainer.device)))
        return Posterior(*(torch.cat(part).float().cpu() for part in zip(*parts, strict=True)))

    def _encode_images(self, images: NDArray[np.uint8] | NDArray[np.float32]) -> Floats:
        with torch.no_grad():
            pixels = (images if images.dtype == np.uint8 else (images * 255).round()).astype(np.uint8)
            posterior = self.trainer.result.encode(to_tensor(pixels, self.trainer.device))
        return np.asarray(posterior.mean.cpu().numpy().astype(np.float64))

    def _decode(self, latents: Floats) -> NDArray[np.float32]:
        with torch.no_grad():
            points = torch.from_numpy(latents.astype(np.float32)).to(self.trainer.device)
            pictures = torch.sigmoid(self.trainer.result.decode(points))
        return np.asarray(pictures.permute(0, 2, 3, 1).cpu().numpy())

    def _out_of_patience(self, rows: list[JsonObject]) -> bool:
        config = self.trainer.config
        if config.patience is None or config.keep_best is None:
            return False
        best = best_row(rows, config.keep_best)
        return best is not None and len(rows) - 1 - rows.index(best) >= config.patience


def _numbers(details: JsonObject) -> dict[str, float]:
    return {name: value for name, value in details.items() if isinstance(value, int | float)}


def rule_value(row: JsonObject, rule: str) -> float | None:
    """Return the value of ``rule`` in a row with the sign by which larger is better; None where there is no value.

    Raises
    ------
    InvalidInput
        If the rule names a part that the objective does not have.
    """
    if not rule.startswith(HELD_OUT):
        score: float | None = row["metrics"].get(rule)
        return score if score is None or metric(rule).INFO.higher_is_better else -score
    part = rule.removeprefix(HELD_OUT)
    if part not in row["held_out"]:
        parts = ", ".join(HELD_OUT + name for name in row["held_out"])
        raise InvalidInput(f"keep_best: got {rule!r}; allowed: {parts}", field="/keep_best")
    return -float(row["held_out"][part])


def best_row(rows: list[JsonObject], rule: str) -> JsonObject | None:
    """Return the first of the rows that are best by ``rule``; None if no row has a value."""
    values = [rule_value(row, rule) for row in rows]
    ranked = [-math.inf if value is None else value for value in values]
    return rows[int(np.argmax(ranked))] if any(value is not None for value in values) else None
