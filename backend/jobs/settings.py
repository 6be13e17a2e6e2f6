"""What a person can set about jobs: environment variables that begin with ``AXISCOPE_``."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

import models_zoo.home


class JobSettings(BaseSettings):
    """Settings of the queue, its dispatcher and its processes; docs/jobs.md explains them."""

    model_config = SettingsConfigDict(env_prefix="AXISCOPE_", frozen=True)

    home: Path = Field(default_factory=models_zoo.home.home, description="folder of database, zoo, data, cache, jobs")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite at HOME/axiscope.db")
    artifacts_url: str = Field("", description="where checkpoints and logs go: a folder or s3://bucket/prefix")
    runner: Literal["local", "ray"] = Field("local", description="what executes jobs")
    worker_name: str = Field("", description="name of this machine in the queue; its host name by default")
    cpu_slots: float = Field(0, ge=0, description="runs at a time; 0 is one for each core")
    gpu_slots: int = Field(-1, ge=-1, description="GPUs to use; -1 takes all that are there")
    ray_address: str = Field("", description="host:port of the Ray head")
    lease_seconds: float = Field(60, gt=0, description="an attempt that is silent for so long is given to another")
    cancel_grace_seconds: float = Field(10, gt=0, description="a run that was asked to stop is killed after this")
    tick_seconds: float = Field(0.2, gt=0, description="pause of the dispatcher between two looks at the queue")

    @property
    def beat_seconds(self) -> float:
        """Pause between two signs of life of an attempt: four fit into a lease."""
        return self.lease_seconds / 4

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in use."""
        return self.database_url or f"sqlite:///{self.home / 'axiscope.db'}"

    @property
    def artifacts(self) -> str:
        """Where artifacts go."""
        return self.artifacts_url or str(self.home / "jobs")

    def environment(self) -> dict[str, str]:
        """Variables that make a child see the same settings."""
        return {
            "AXISCOPE_HOME": str(self.home),
            "AXISCOPE_DATABASE_URL": self.database,
            "AXISCOPE_ARTIFACTS_URL": self.artifacts,
            "AXISCOPE_LEASE_SECONDS": str(self.lease_seconds),
        }
