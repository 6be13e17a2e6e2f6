"""Schema of `manifest.json`, the file that makes a folder a model."""

import math
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from models_zoo.errors import DamagedFile, InvalidInput
from models_zoo.files import sha256_of, write_atomic
from models_zoo.json_types import JsonObject

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
ENCODER = "encoder.onnx"
DECODER = "decoder.onnx"
SAMPLE = "sample.npz"
HISTORY = "history.json"
EVALUATION = "evaluation.json"
FILM = "film.npz"
RUN_TOML = "run.toml"
START = "start.safetensors"
CHECKSUM_LINE = re.compile(r"([0-9a-f]{64})  ([^/]+)")
MODEL_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
VIEW_PART = r"[a-z]+=[A-Za-z0-9.,:%_-]+"
QUANTILES = (0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995)

DEAD_KL_NATS = 0.01
DEAD_VARIANCE = 0.01
WEAK_KL_NATS = 0.1
SATURATED_SIGMA = 0.02
NOISELESS_LOGVAR = -13.8
"""Log-variance of a model that was trained without noise: a standard deviation of 0.001."""
AUTOENCODER = "ae"  # the objective that trains without noise
LatentState = Literal["active", "weak", "dead", "saturated"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FileRecord(_Record):
    """Size and checksum of one file of the model."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class LatentStatistics(_Record):
    """Statistics of one latent under the aggregate posterior, over ``Manifest.statistics_rows`` images."""

    mean: float = Field(description="mean of the posterior means")
    std: float = Field(ge=0, description="standard deviation of the posterior means")
    minimum: float
    maximum: float
    quantiles: tuple[float, ...] = Field(description=f"at the probabilities {QUANTILES}")
    kl_nats: float | None = Field(ge=0, description="mean KL(q(z_d|x) || N(0, 1)), nats per image; null without noise")
    mean_sigma: float = Field(ge=0, description="mean posterior standard deviation")
    state: LatentState
    best_factor: str | None = None
    best_correlation: float | None = Field(None, description="signed Pearson correlation with best_factor")
    correlations: dict[str, float] = Field(default_factory=dict, description="signed Pearson per factor")

    @model_validator(mode="before")
    @classmethod
    def _leave_undefined(cls, data: JsonObject) -> JsonObject:
        """Drop the KL of a latent without noise: its deviation is a constant of ours, not one of the model."""
        noiseless = math.isclose(data.get("mean_sigma", 0), math.exp(NOISELESS_LOGVAR / 2), rel_tol=1e-6)
        return {**data, "kl_nats": None} if noiseless else data

    @property
    def information(self) -> float:
        """Number by which latents are ordered: the KL, or the variance of the codes where there is none."""
        return self.std**2 if self.kl_nats is None else self.kl_nats


class Parity(_Record):
    """Largest absolute difference between torch and ONNX Runtime, measured at export."""

    mean: float
    logvar: float
    image: float
    images: int


class Provenance(_Record):
    """Origin of the weights, and the cost of their training."""

    created_at: str
    axiscope_version: str
    git_revision: str | None = None
    command: str | None = None
    images_seen: int | None = None
    cpu_seconds: float | None = None
    data: str | None = Field(None, description="official file with its checksum, or procedural rendering")
    note: str | None = None


class StudyLabel(_Record):
    """Run of a study that trained the model."""

    study: str
    scale: float = Field(gt=0, le=1, description="share of the published number of steps")
    run: str
    group: str
    varied: JsonObject = Field(description="settings that differ within the group")


class Manifest(_Record):
    """Description of a model. Unknown fields are refused; a newer schema has a higher number."""

    schema_version: int = SCHEMA_VERSION
    id: str
    name: str
    dataset: str | None = Field(None, description="plugin name under training/datasets; None when unknown")
    dataset_title: str | None = None
    dataset_settings: JsonObject = Field(default_factory=dict)
    objective: str | None = None
    objective_settings: JsonObject = Field(default_factory=dict)
    architecture: str | None = None
    likelihood: str | None = None
    training: JsonObject = Field(default_factory=dict, description="steps, batch size, learning rate, seed")
    latents: int = Field(ge=1)
    image_shape: tuple[int, int, int] = Field(description="height, width, channels")
    statistics: tuple[LatentStatistics, ...] = ()
    statistics_rows: int = 0
    statistics_of: Literal["data set", "own samples"] = Field(
        "data set", description="images of `statistics`; a model without a data set is measured on what it decodes"
    )
    factor_names: tuple[str, ...] = ()
    learned_weights: JsonObject = Field(default_factory=dict)
    reconstruction: dict[str, float] = Field(default_factory=dict, description="nats per image, by part")
    parity: Parity | None = None
    files: dict[str, FileRecord] = Field(default_factory=dict)
    provenance: Provenance
    licence: str = "unknown"
    study: StudyLabel | None = Field(None, description="the study whose run this is, if it is one")
    view: str = Field(
        "",
        pattern=rf"^({VIEW_PART}(&{VIEW_PART})*)?$",
        max_length=500,
        description="query of the Explore page that the model opens with, e.g. image=7&focus=3&tab=hinton",
    )

    @field_validator("reconstruction")
    @classmethod
    def _leave_undefined(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        """Drop the KL, and the bound that contains it, of a model without noise."""
        statistics: tuple[LatentStatistics, ...] = info.data.get("statistics", ())
        if not statistics or any(each.kl_nats is not None for each in statistics):
            return value
        return {name: number for name, number in value.items() if name not in {"kl_nats", "elbo_nats"}}

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with the weights."""
        return self.files[DECODER].sha256[:6] + self.files[ENCODER].sha256[:6]


def latent_state(kl_nats: float, variance: float, mean_sigma: float) -> LatentState:
    """Return the state of a latent: dead when it carries neither information nor variation (spec: ui).

    Parameters
    ----------
    kl_nats : float
        Mean KL of the latent to its prior, nats.
    variance : float
        Variance of the posterior means.
    mean_sigma : float
        Mean posterior standard deviation.
    """
    if kl_nats <= DEAD_KL_NATS and variance <= DEAD_VARIANCE:
        return "dead"
    if mean_sigma < SATURATED_SIGMA:
        return "saturated"
    return "weak" if kl_nats < WEAK_KL_NATS else "active"


def check_id(model_id: str) -> str:
    """Return ``model_id`` if it can be a folder name and a URL part.

    Raises
    ------
    InvalidInput
        Otherwise, with the allowed characters.
    """
    if not MODEL_ID.fullmatch(model_id):
        raise InvalidInput(
            f"model id: got {model_id!r}; allowed: 1 to 80 lower-case letters, digits, '.', '_' or '-', the first one "
            "a letter or digit",
            field="/id",
        )
    return model_id


def read_manifest(folder: Path) -> Manifest:
    """Read and validate ``folder/manifest.json``.

    Raises
    ------
    DamagedFile
        If it is missing, is not JSON, has a newer schema or an invalid field, which the message names.
    """
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise DamagedFile(
            f"got {folder.name} without {MANIFEST}; allowed: folders that `axiscope export` wrote; export it again"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(str(part) for part in first["loc"]) or "the document"
        raise DamagedFile(
            f"got {folder.name}/{MANIFEST} with a wrong field {where}: {first['msg']}; allowed: the fields that "
            "`axiscope export` writes; export it again"
        ) from None
    if manifest.schema_version > SCHEMA_VERSION:
        raise DamagedFile(
            f"got {folder.name}/{MANIFEST} of schema {manifest.schema_version}; allowed: up to {SCHEMA_VERSION}; "
            "update axiscope"
        )
    return manifest


def record_files(folder: Path, names: tuple[str, ...]) -> dict[str, FileRecord]:
    """Return size and checksum of those files ``names`` of ``folder`` that exist."""
    return {
        name: FileRecord(sha256=sha256_of(folder / name), bytes=(folder / name).stat().st_size)
        for name in names
        if (folder / name).exists()
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes the folder a model, and the checksums of all its files."""
    write_atomic(folder / MANIFEST, (manifest.model_dump_json(indent=1) + "\n").encode())
    write_checksums(folder, manifest)


def set_view(folder: Path, view: str) -> None:
    """Make the model in ``folder`` open with ``view``, a query of the Explore page; "" for the usual one.

    Raises
    ------
    InvalidInput
        If it is not a query of letters, digits and ``. , : % _ -``.
    """
    try:
        manifest = Manifest.model_validate(read_manifest(folder).model_dump() | {"view": view.removeprefix("?")})
    except ValidationError:
        raise InvalidInput(
            f"view: got {view[:80]!r}; allowed: up to 500 characters of the form name=value&name=value; copy what "
            "follows the ? in the address of an Explore page",
            field="/view",
        ) from None
    write_manifest(folder, manifest)


def write_checksums(folder: Path, manifest: Manifest) -> None:
    """Write `SHA256SUMS`, which `sha256sum --check` reads: the files of the manifest and the manifest itself."""
    sums = {name: record.sha256 for name, record in manifest.files.items()}
    sums[MANIFEST] = sha256_of(folder / MANIFEST)
    write_atomic(folder / CHECKSUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the lines of `SHA256SUMS` in a model folder: digest by file name.

    Raises
    ------
    DamagedFile
        If it is missing, or a line is not a digest and a name.
    """
    try:
        lines = (folder / CHECKSUMS).read_text("ascii").splitlines()
    except (FileNotFoundError, UnicodeDecodeError) as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else "is no text"
        raise DamagedFile(
            f"got {folder.name}/{CHECKSUMS}, which {reason}; allowed: lines of a digest and a name; export the model "
            f"again, or, if you trust the folder, run `sha256sum * > {CHECKSUMS}` in it"
        ) from None
    sums = {}
    for number, line in enumerate(lines, 1):
        match = CHECKSUM_LINE.fullmatch(line)
        if match is None:
            raise DamagedFile(
                f"{folder.name}/{CHECKSUMS}, line {number}: got {line[:80]!r}; allowed: a SHA-256, two spaces and a "
                "file name; export the model again"
            )
        sums[match[2]] = match[1]
    return sums
