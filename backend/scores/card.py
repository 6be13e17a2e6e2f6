"""Model card, made of the manifest of a model and its stored scores: for the page, the API and packs."""

from collections.abc import Sequence
from importlib.metadata import version as installed_version

from sqlalchemy.orm import Session

from backend.catalog import plugins
from backend.models import documents
from backend.models.registry import Registry
from backend.schemas.card import Card, CardSection, CardTable
from backend.schemas.data import MetricRow
from backend.schemas.models import ModelDetail
from backend.scores import listing
from backend.scores.card_limits import limits_of
from backend.settings import Settings
from models_zoo.json_types import JsonObject

MAX_ROWS = 500
BIBTEX = """@software{{axiscope,
  title   = {{Axiscope: look along the axes of a latent space}},
  author  = {{{{The Axiscope contributors}}}},
  version = {{{version}}},
  license = {{Apache-2.0}},
}}"""
ONNX_EXAMPLE = """import numpy as np
import onnxruntime

encoder, decoder = (onnxruntime.InferenceSession(name) for name in ("encoder.onnx", "decoder.onnx"))
images = np.zeros((1, {channels}, {height}, {width}), np.float32)
mean, logvar = encoder.run(["mean", "logvar"], {{"image": images}})
(decoded,) = decoder.run(["image"], {{"latent": mean}})"""
CLIENT_EXAMPLE = """from axiscope import Client

image = Client("http://127.0.0.1:8000").decode("{model}", [[0.0] * {latents}])[0]"""


def current_scores(session: Session, model_id: str) -> list[MetricRow]:
    """Return the results of a model that are computed and not stale, with details."""
    versions = plugins.metric_versions()
    rows, _ = listing.read(session, [model_id], [], versions=versions, details=True, limit=MAX_ROWS)
    return [row for row in rows if row.state == "ready" and not row.stale]


def read_card(session: Session, registry: Registry, settings: Settings, model_id: str) -> Card:
    """Return the card of a usable model.

    Raises
    ------
    NotFound
        If there is no such model.
    DamagedFile
        If it is broken.
    """
    registry.usable(model_id)
    model = documents.detail(session, registry, settings, model_id)
    return make_card(model, current_scores(session, model_id), plugins.schemas())


def make_card(model: ModelDetail, scores: Sequence[MetricRow], described: JsonObject) -> Card:
    """Return the card of a model.

    Parameters
    ----------
    model : ModelDetail
    scores : sequence of MetricRow
        Current results, with details.
    described : dict
        Title and source of each plugin, see `backend.catalog.plugins.schemas`.
    """
    on_data = [row for row in scores if row.images == "all"]
    sections = [
        _what(model, described),
        _data(model, described),
        _training(model),
        _scores(model, scores, described["metrics"]),
        _latents(model),
        CardSection(title="What it fails at", points=limits_of(model, on_data, described["metrics"])),
        _use(model),
        _citation(model, scores, described),
    ]
    shown = [each for each in sections if each.text or each.table or each.points or each.code]
    return Card(model=model.id, version=model.version, name=model.name, sections=shown)


def _facts(title: str, facts: dict[str, object]) -> CardSection:
    rows = [
        [name, f"{value:,}" if isinstance(value, int) else str(value)]
        for name, value in facts.items()
        if value not in (None, "", {})
    ]
    return CardSection(title=title, table=CardTable(columns=["", "value"], rows=rows) if rows else None)


def _settings(settings: JsonObject) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())


def _plugin(kind: str, name: str | None, described: JsonObject) -> str | None:
    """Return title and source of a plugin; the name alone where it is not installed."""
    found = described[kind].get(name)
    return f"{found['title']} ({name}): {found['source']}" if found else name


def _what(model: ModelDetail, described: JsonObject) -> CardSection:
    height, width, channels = model.image_shape or (0, 0, 0)
    states = ", ".join(f"{count} {state}" for state, count in model.states.items())
    section = _facts(
        "What it is",
        {
            "objective": _plugin("objectives", model.objective, described),
            "settings of the objective": _settings(model.objective_settings),
            "architecture": _plugin("architectures", model.architecture, described),
            "likelihood": model.likelihood,
            "latents": f"{model.latents}" + (f" ({states})" if states else ""),
            "images": f"{height} x {width} pixels, {channels} channel{'s' if channels != 1 else ''}",
            "version": f"{model.version} (changes with the weights)",
            "licence": model.licence,
        },
    )
    kind = "An autoencoder" if model.objective == "ae" else "A variational autoencoder"
    spread = "a point" if model.objective == "ae" else "a normal distribution over the latents"
    section.text = [
        f"{kind}: the encoder maps an image to {spread}, the decoder maps a point of the latents to an image."
    ]
    return section


def _data(model: ModelDetail, described: JsonObject) -> CardSection:
    return _facts(
        "Training data",
        {
            "data set": model.dataset_title or model.dataset or "unknown",
            "source": _plugin("datasets", model.dataset, described),
            "provenance": model.provenance.data,
            "settings": _settings(model.dataset_settings),
            "factors": ", ".join(model.factor_names),
        },
    )


def _training(model: ModelDetail) -> CardSection:
    training, provenance = model.training, model.provenance
    minutes = None if provenance.cpu_seconds is None else f"{provenance.cpu_seconds / 60:.1f} min of CPU time"
    return _facts(
        "Training",
        {
            "steps": training.get("steps_done", training.get("steps")),
            "seed": training.get("seed"),
            "batch size": training.get("batch_size"),
            "learning rate": training.get("learning_rate"),
            "images seen": provenance.images_seen,
            "training time": minutes,
            "device": training.get("device") if training.get("device") != "auto" else None,
            "created": provenance.created_at,
            "Axiscope": " ".join(filter(None, (provenance.axiscope_version, provenance.git_revision))),
            "command": provenance.command,
            "note": provenance.note,
        },
    )


def _scores(model: ModelDetail, scores: Sequence[MetricRow], metrics: JsonObject) -> CardSection:
    rows, missing = [], []
    for row in scores:
        info: JsonObject = metrics[row.metric]["info"] if row.metric in metrics else {"title": row.metric}
        if row.value is None:
            missing.append(f"{info['title']} has no value: {row.reason}")
            continue
        better = "higher" if info.get("higher_is_better", True) else "lower"
        title = info["title"] + (f", {info['unit']}" if info.get("unit") else "")
        title += "".join(f", {each}" for each in (row.mode, row.images) if each not in ("corrected", "all"))
        interval = f"{row.interval[0]:.3g} to {row.interval[1]:.3g}" if row.interval else ""
        chance = "" if row.chance is None else f"{row.chance:.3g}"
        rows.append([title, f"{row.value:.3g}", interval, chance, better, str(row.n or ""), str(row.seed)])
    columns = ["score", "value", "95 % interval", "chance", "better", "images", "seed"]
    stored = [f"{name} {value:.4g}" for name, value in model.reconstruction.items() if name != "images"]
    text = [f"Verification, every figure computed again from the weights: {model.verification.state}."]
    if stored:
        text.append(f"Per image, over {model.reconstruction.get('images', 0):.0f} images: {', '.join(stored)}.")
    table = CardTable(columns=columns, rows=rows) if rows else None
    if not rows:
        text.insert(0, "No score was computed.")
    return CardSection(title="Scores", text=text, table=table, points=missing)


def _latents(model: ModelDetail) -> CardSection:
    rows = []
    for number, each in enumerate(model.statistics):
        by_size = sorted(each.correlations.items(), key=lambda item: -abs(item[1]))
        first, second = ([f"{name} {value:+.2f}" for name, value in by_size] + ["", ""])[:2]
        spread = f"{each.mean:.2f} ± {each.std:.2f}"
        kl = "none" if each.kl_nats is None else f"{each.kl_nats:.3g}"
        rows.append([f"z{number}", each.state, first, second, kl, spread])
    columns = ["latent", "state", "best factor", "next factor", "KL, nats", "codes"]
    source = "images of the data set" if model.statistics_of == "data set" else "images decoded from the prior"
    text = f"Over {model.statistics_rows} {source}; correlations are Pearson, codes are mean and standard deviation."
    return CardSection(
        title="Latents", text=[text] if rows else [], table=CardTable(columns=columns, rows=rows) if rows else None
    )


def _use(model: ModelDetail) -> CardSection:
    height, width, channels = model.image_shape or (0, 0, 0)
    image = f"float32 (n, {channels}, {height}, {width})"
    codes = f"float32 (n, {model.latents})"
    rows = [
        ["encoder.onnx", "input image", image, "in [0, 1]"],
        ["encoder.onnx", "output mean, logvar", codes, "mean and log-variance of the posterior"],
        ["decoder.onnx", "input latent", codes, "a point, e.g. a mean"],
        ["decoder.onnx", "output image", image, "in [0, 1]"],
    ]
    names = {"channels": channels, "height": height, "width": width}
    return CardSection(
        title="Use",
        text=["Both graphs take any number n of rows. The Python examples need onnxruntime, and a running Axiscope."],
        table=CardTable(columns=["file", "tensor", "type", "meaning"], rows=rows),
        code={
            "python": ONNX_EXAMPLE.format(**names)
            + "\n\n"
            + CLIENT_EXAMPLE.format(model=model.id, latents=model.latents),
            "sh": f"axiscope site {model.id} --one-file {model.id}.html",
        },
    )


def _citation(model: ModelDetail, scores: Sequence[MetricRow], described: JsonObject) -> CardSection:
    used = [("objectives", model.objective), ("architectures", model.architecture), ("datasets", model.dataset)]
    points = [f"{found['title']}: {found['source']}" for kind, name in used if (found := described[kind].get(name))]
    measured = [row for row in scores if row.value is not None]
    metrics = [described["metrics"].get(name) for name in dict.fromkeys(row.metric for row in measured)]
    points += [f"{each['info']['title']}: {each['info']['citation']}" for each in metrics if each]
    return CardSection(
        title="Citation", points=points, code={"bibtex": BIBTEX.format(version=installed_version("axiscope"))}
    )
