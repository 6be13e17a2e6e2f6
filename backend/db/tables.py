"""Tables of models, metric results and access tokens. The tables of jobs are in backend/jobs/tables."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base, now
from models_zoo.json_types import JsonObject


class Model(Base):
    """A model folder of the zoo as it was when last read; the folder is authoritative.

    `configuration` is a hash of all settings but the seed. The columns of the study are those of the manifest's label.
    """

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[str] = mapped_column(String(12), default="")
    name: Mapped[str] = mapped_column(String(200), index=True)
    dataset: Mapped[str | None] = mapped_column(String(80), index=True)
    objective: Mapped[str | None] = mapped_column(String(80), index=True)
    architecture: Mapped[str | None] = mapped_column(String(80))
    latents: Mapped[int | None]
    seed: Mapped[int | None]
    study: Mapped[str | None] = mapped_column(String(80), index=True)
    study_scale: Mapped[float | None]
    study_run: Mapped[str | None] = mapped_column(String(200))
    configuration: Mapped[str] = mapped_column(String(64), default="", index=True)
    search: Mapped[str] = mapped_column(default="")
    manifest: Mapped[JsonObject] = mapped_column(default=dict)
    folder: Mapped[str]
    origin: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None]
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    registered_at: Mapped[datetime] = mapped_column(default=now)


class ModelLatent(Base):
    """A latent of a model, as its manifest describes it, for the search over all models.

    `purity` is the absolute correlation with `factor`, the best one; `leak` the largest with any other factor.
    """

    __tablename__ = "model_latents"
    __table_args__ = (
        Index("ix_model_latents_factor", "factor", "purity", "leak", "state", "dataset", "model_id", "latent"),
        Index("ix_model_latents_dataset", "dataset", "purity", "leak", "state", "model_id", "latent"),
        Index("ix_model_latents_purity", "purity", "leak", "state", "model_id", "latent"),
    )

    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), primary_key=True)
    latent: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str | None] = mapped_column(String(80))
    factor: Mapped[str | None] = mapped_column(String(200))
    purity: Mapped[float | None]
    leak: Mapped[float | None]
    kl_nats: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(10))


class MetricResult(Base):
    """A metric of one version of a model; its key has all that can change the value."""

    __tablename__ = "metric_results"
    __table_args__ = (
        UniqueConstraint(
            "model_id",
            "model_version",
            "metric",
            "metric_version",
            "mode",
            "seed",
            "settings_hash",
            "images",
            name="uq_result_key",
        ),
        Index("ix_metric_results_headline", "metric", "headline", "model_id", "score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), index=True)
    model_version: Mapped[str] = mapped_column(String(12))
    codes: Mapped[str] = mapped_column(String(64), default="")
    metric: Mapped[str] = mapped_column(String(80))
    metric_version: Mapped[str] = mapped_column(String(20), default="1")
    mode: Mapped[str] = mapped_column(String(10), default="corrected")
    seed: Mapped[int] = mapped_column(default=0)
    settings: Mapped[JsonObject] = mapped_column(default=dict)
    settings_hash: Mapped[str] = mapped_column(String(64), default="")
    images: Mapped[str] = mapped_column(String(24), default="all", server_default="all")
    split: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    n: Mapped[int | None]
    score: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    chance: Mapped[float | None]
    reason: Mapped[str | None]
    details: Mapped[JsonObject] = mapped_column(default=dict)
    seconds: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(10), default="ready")
    headline: Mapped[bool] = mapped_column(default=True)
    computed_at: Mapped[datetime] = mapped_column(default=now)


class Token(Base):
    """An access token; only its SHA-256 is stored."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class StudyImport(Base):
    """Results of others for one study: the checked runs of one file, whole or not at all."""

    __tablename__ = "study_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    study: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str] = mapped_column(String(200))
    runs: Mapped[int]
    document: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
