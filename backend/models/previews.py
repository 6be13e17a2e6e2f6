"""What a link to a model or to one of its latents shows before it is opened: title, text and picture."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from backend.schemas.models import ModelDetail

FOCUS = re.compile(r"z?(\d{1,4})")
ROWS, FRAMES = 5, 9


@dataclass(frozen=True)
class Preview:
    """Title, text, address of the page, and address and description of the picture; addresses begin with ``/``."""

    title: str
    description: str
    page: str
    image: str
    image_description: str


def focused(model: ModelDetail, focus: str | None) -> int | None:
    """Return the latent that an address names as ``z3`` or ``3``; None for none, or one that the model has not."""
    match = FOCUS.fullmatch(focus or "")
    return int(match[1]) if match and int(match[1]) < (model.latents or 0) else None


def _traversal(model: ModelDetail, dims: list[int]) -> str:
    """Return the address of the PNG of a traversal, which may be kept: it names the version."""
    shown = ",".join(map(str, dims))
    return (
        f"/api/v1/models/{quote(model.id)}/figures/traversal"
        f"?format=png&dims={shown}&steps={FRAMES}&sigma=2&base=typical&v={model.version}"
    )


def of_latent(model: ModelDetail, latent: int) -> Preview:
    """Return the preview of one latent: best factor, next one, KL and state."""
    known = model.statistics[latent] if latent < len(model.statistics) else None
    facts = []
    if known is not None:
        by_size = sorted(known.correlations.items(), key=lambda item: -abs(item[1]))
        facts += [f"correlation with {name} {value:+.2f}" for name, value in by_size[:2]]
        facts += [known.state] if known.kl_nats is None else [f"KL {known.kl_nats:.2f} nats", known.state]
    factor = f" {known.best_factor}" if known and known.best_factor else ""
    return Preview(
        f"z{latent}{factor} · {model.name}",
        f"Latent z{latent} of {model.id}: " + (", ".join(facts) or "no statistics"),
        f"/explore/{quote(model.id)}?focus=z{latent}",
        _traversal(model, [latent]),
        f"Images as z{latent} moves from two standard deviations below its mean to two above",
    )


def of_model(model: ModelDetail) -> Preview:
    """Return the preview of a model: data set, objective, latents, headline scores."""
    about = [model.dataset_title or model.dataset, model.objective]
    facts = [" · ".join(word for word in about if word), f"{model.latents} latents, {model.active_latents} active"]
    facts += [
        f"{name.upper()} {model.metrics[name].score:.2f}"
        for name in ("mig", "dci")
        if name in model.metrics and model.metrics[name].score is not None
    ]
    order = sorted(range(model.latents or 0), key=lambda d: -model.statistics[d].information if model.statistics else d)
    return Preview(
        model.name,
        ", ".join(fact for fact in facts if fact),
        f"/explore/{quote(model.id)}",
        _traversal(model, order[:ROWS]),
        "Images as each of the latents of largest KL moves alone",
    )


def preview(model: ModelDetail, focus: str | None) -> Preview | None:
    """Return the preview of the page of a model with this focus; None for a broken model."""
    if model.state == "broken":
        return None
    latent = focused(model, focus)
    return of_model(model) if latent is None else of_latent(model, latent)
