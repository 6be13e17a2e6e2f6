"""Settings of the service, of workers and of attempts: environment variables that begin with ``AXISCOPE_``.

Read once, by the command that starts something; never at import.
"""

import ipaddress
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

import models_zoo.home
from models_zoo.catalog import BUNDLED
from models_zoo.errors import InvalidInput

MAX_SWEEP_RUNS = 100_000


class Settings(BaseSettings):
    """Settings of every process; docs/configuration.md lists them, an empty variable means the default."""

    model_config = SettingsConfigDict(env_prefix="AXISCOPE_", env_ignore_empty=True, frozen=True)

    home: Path = Field(default_factory=models_zoo.home.home, description="folder of database, zoo, data, cache, jobs")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite at HOME/axiscope.db")
    bundled_zoo: Path = Field(BUNDLED, description="folder of the models that ship with Axiscope")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    insecure: bool = Field(default=False, description="allow listening on other addresses without tokens")
    require_token: bool = Field(default=False, description="ask for a token on the loopback address too")
    trusted_hosts: tuple[str, ...] = Field((), description="further host names that requests may name (JSON list)")
    json_logs: bool = Field(default=False, description="one JSON object a log line")
    log_level: str = Field("info", description="debug, info, warning or error")
    body_bytes: int = Field(32 * 1024**2, ge=1024, description="largest request body, bytes")
    batch: int = Field(512, ge=1, description="most images or latents in one request")
    steps: int = Field(101, ge=2, description="most steps of one traversal")
    values: int = Field(
        16 * 1024**2,
        ge=4096,
        description="most numbers in the images of a request: images x height x width x channels",
    )
    image_pixels: int = Field(16 * 1024**2, ge=4096, description="most pixels of one uploaded picture")
    codec_bytes: int = Field(512 * 1024**2, ge=0, description="bytes of model files kept loaded")
    dataset_bytes: int = Field(1024**3, ge=0, description="bytes of opened data sets kept in memory")
    upload_bytes: int = Field(1024**3, ge=1024, description="largest upload of own pictures, bytes")
    upload_unpacked_bytes: int = Field(4 * 1024**3, ge=1024, description="most bytes that an upload unpacks to")
    upload_files: int = Field(200_000, ge=2, description="most files of an upload")
    upload_total_bytes: int = Field(20 * 1024**3, ge=0, description="bytes of uploaded sets beyond which no more come")
    data_roots: tuple[Path, ...] = Field(
        (), description="folders beside HOME/data that path settings of data sets sent over HTTP may name (JSON list)"
    )
    threads: int = Field(2, ge=1, description="threads that run models")
    run_seconds: float = Field(
        1, gt=0, le=600, description="CPU time of one run of a model on up to 64 images, seconds"
    )
    arena_bytes: int = Field(1024**3, ge=16 * 1024**2, description="memory of all runs of models together, bytes")
    device: str = Field("auto", pattern="^(auto|cpu|cuda)$", description="where models run: auto, cpu or cuda")
    connections: int = Field(512, ge=4, description="open connections at a time; beyond, the oldest idle one is closed")
    request_seconds: float = Field(
        10, gt=0, description="longest wait for the headers, or the next piece, of a request"
    )
    event_streams: int = Field(128, ge=1, description="event streams of jobs that are open at a time")
    queued_jobs: int = Field(200_000, ge=1, description="most jobs that wait in the queue, runs of sweeps included")
    sweep_runs: int = Field(100_000, ge=1, le=MAX_SWEEP_RUNS, description="most runs of one sweep")
    drain_seconds: int = Field(10, ge=0, description="longest wait for running requests at shutdown, seconds")
    artifacts_url: str = Field("", description="where checkpoints and logs go: a folder or s3://bucket/prefix")
    runner: Literal["local", "ray"] = Field("local", description="what executes jobs: local or ray")
    worker_name: str = Field("", description="name of this machine in the queue; its host name by default")
    cpu_slots: float = Field(0, ge=0, description="runs at a time; 0 is one for each core")
    gpu_slots: int = Field(-1, ge=-1, description="GPUs to use; -1 takes all that are there")
    ray_address: str = Field("", description="host:port of the Ray head")
    lease_seconds: float = Field(60, gt=0, description="an attempt that is silent for so long is given to another")
    cancel_grace_seconds: float = Field(10, gt=0, description="a run that was asked to stop is killed after this")
    tick_seconds: float = Field(0.2, gt=0, description="pause of the dispatcher between two looks at the queue")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("data_roots")
    @classmethod
    def _absolute_roots(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(root.expanduser().absolute() for root in value)

    def most_images(self, shape: Sequence[int], images: int | None = None) -> int:
        """Most images of ``shape`` (height, width, channels) in one request; `batch` unless ``images`` is given."""
        return max(1, min(self.batch if images is None else images, self.values // math.prod(shape)))

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in use."""
        return self.database_url or f"sqlite:///{self.home / 'axiscope.db'}"

    @property
    def artifacts(self) -> str:
        """Where artifacts go: a folder or an address of object storage."""
        return self.artifacts_url or str(self.home / "jobs")

    @property
    def beat_seconds(self) -> float:
        """Pause between two signs of life of an attempt: four fit into a lease."""
        return self.lease_seconds / 4

    @property
    def zoos(self) -> tuple[Path, Path]:
        """Folders of models, the user's first: an own model hides a bundled one of the same id."""
        return self.home / "zoo", self.bundled_zoo

    @property
    def needs_token(self) -> bool:
        """Whether requests must bring a token: always beyond the loopback address, unless told otherwise."""
        return self.require_token or not (self.loopback or self.insecure)

    @property
    def loopback(self) -> bool:
        """Whether the service listens on this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def environment(self) -> dict[str, str]:
        """Return the variables that make a child process use the same home, database and artifacts."""
        return {
            "AXISCOPE_HOME": str(self.home),
            "AXISCOPE_DATABASE_URL": self.database,
            "AXISCOPE_ARTIFACTS_URL": self.artifacts,
            "AXISCOPE_LEASE_SECONDS": str(self.lease_seconds),
            "AXISCOPE_DATA_ROOTS": json.dumps([str(root) for root in self.data_roots]),
        }


def read_settings(**given: Any) -> Settings:
    """Read the settings of this process from the environment, and see that its home is private.

    Parameters
    ----------
    **given : object
        Values by field name that win over the environment, e.g. of command-line options; None is left out.
        A home that is given here is written to the environment too, for the trainer's modules.

    Raises
    ------
    InvalidInput
        Naming the variable at fault.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = "AXISCOPE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidInput(f"{name} = {first.get('input')!r}: {first['msg']}") from None
    except SettingsError as error:
        raise InvalidInput(f"{error}: write it as JSON, e.g. AXISCOPE_TRUSTED_HOSTS='[\"axiscope.example\"]'") from None
    try:
        models_zoo.home.make_private(settings.home)
    except OSError as error:
        home = str(settings.home)
        raise InvalidInput(f"AXISCOPE_HOME = {home!r} cannot be used: {error.strerror}: name another folder") from None
    if given.get("home") is not None:
        os.environ["AXISCOPE_HOME"] = str(settings.home)
    return settings
