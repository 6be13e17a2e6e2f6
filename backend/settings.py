"""Settings of service, workers and attempts: environment variables that begin with ``AXISCOPE_``.

Commands read them once, at their start.
"""

import ipaddress
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

import models_zoo.home
from models_zoo.catalog import BUNDLED
from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject

MAX_SWEEP_RUNS = 100_000


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """Settings of every process, listed in docs/configuration.md; an empty variable means the default."""

    model_config = SettingsConfigDict(env_prefix="AXISCOPE_", env_ignore_empty=True, frozen=True)

    home: Path = Field(default_factory=models_zoo.home.home, description="folder of database, zoo, data, cache, jobs")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite at HOME/axiscope.db")
    bundled_zoo: Path = Field(BUNDLED, description="folder of the models that ship with Axiscope")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    insecure: bool = Field(default=False, description="allow listening on other addresses without tokens")
    require_token: bool = Field(default=False, description="require a token on the loopback address too")
    trusted_hosts: tuple[str, ...] = Field((), description="further host names of the service (JSON list)")
    json_logs: bool = Field(default=False, description="one JSON object a log line")
    log_level: str = Field("info", description="debug, info, warning or error")
    body_bytes: int = Field(32 * 1024**2, ge=1024, description="largest request body, bytes")
    batch: int = Field(512, ge=1, description="largest number of images or latents in one request")
    steps: int = Field(101, ge=2, description="largest number of steps of one traversal")
    values: int = Field(
        16 * 1024**2,
        ge=4096,
        description="largest number of values in the images of a request: images x height x width x channels",
    )
    image_pixels: int = Field(16 * 1024**2, ge=4096, description="largest number of pixels of one uploaded image")
    codec_bytes: int = Field(
        512 * 1024**2, ge=0, description="size of the cache of loaded models, bytes of their files"
    )
    dataset_bytes: int = Field(1024**3, ge=0, description="size of the cache of opened data sets, bytes")
    upload_bytes: int = Field(1024**3, ge=1024, description="largest upload of images, bytes")
    upload_unpacked_bytes: int = Field(
        4 * 1024**3, ge=1024, description="largest size of an upload after unpacking, bytes"
    )
    upload_files: int = Field(200_000, ge=2, description="largest number of files of an upload")
    upload_total_bytes: int = Field(
        20 * 1024**3, ge=0, description="size of all uploaded sets from which uploads are refused, bytes"
    )
    data_roots: tuple[Path, ...] = Field(
        (), description="folders beside HOME/data that data sets sent over HTTP may name (JSON list)"
    )
    threads: int = Field(2, ge=1, description="threads that run models")
    run_seconds: float = Field(
        1, gt=0, le=600, description="CPU time of one run of a model on up to 64 images, seconds"
    )
    arena_bytes: int = Field(1024**3, ge=16 * 1024**2, description="memory of all runs of models together, bytes")
    device: str = Field("auto", pattern="^(auto|cpu|cuda)$", description="where models run: auto, cpu or cuda")
    connections: int = Field(
        512, ge=4, description="number of open connections beyond which the oldest idle ones are closed"
    )
    request_seconds: float = Field(
        10, gt=0, description="longest wait for the headers, or the next piece, of a request"
    )
    event_streams: int = Field(128, ge=1, description="largest number of open event streams of jobs")
    queued_jobs: int = Field(200_000, ge=1, description="largest number of queued jobs, including the runs of sweeps")
    sweep_runs: int = Field(100_000, ge=1, le=MAX_SWEEP_RUNS, description="largest number of runs of one sweep")
    drain_seconds: int = Field(10, ge=0, description="longest wait for running requests at shutdown, seconds")
    artifacts_url: str = Field(
        "", description="folder or s3://bucket/prefix of checkpoints and logs; empty means HOME/jobs"
    )
    runner: Literal["local", "ray"] = Field(
        "local", description="executor of jobs: local (child processes) or ray (a cluster)"
    )
    worker_name: str = Field("", description="name of this machine in the queue; its host name by default")
    cpu_slots: float = Field(0, ge=0, description="number of runs at a time; 0 means one for each core")
    gpu_slots: int = Field(-1, ge=-1, description="number of GPUs to use; -1 means all")
    ray_address: str = Field("", description="host:port of the Ray head")
    lease_seconds: float = Field(
        60, gt=0, description="lease of an attempt; without a sign of life for so long the job is queued again"
    )
    cancel_grace_seconds: float = Field(
        10, gt=0, description="time after a cancellation until the run is killed, seconds"
    )
    tick_seconds: float = Field(0.2, gt=0, description="time between two polls of the queue by the dispatcher, seconds")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("data_roots")
    @classmethod
    def _absolute_roots(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(root.expanduser().absolute() for root in value)

    def max_images(self, shape: Sequence[int], images: int | None = None) -> int:
        """Return the limit of images of ``shape`` (height, width, channels) in a request of ``images`` or `batch`."""
        return max(1, min(self.batch if images is None else images, self.values // math.prod(shape)))

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.home / 'axiscope.db'}"

    @property
    def artifacts(self) -> str:
        """Folder or address of object storage of artifacts."""
        return self.artifacts_url or str(self.home / "jobs")

    @property
    def beat_seconds(self) -> float:
        """Time between two renewals of a lease: a quarter of the lease."""
        return self.lease_seconds / 4

    @property
    def zoos(self) -> tuple[Path, Path]:
        """Folders of models, the user's first: it hides a bundled model of the same id."""
        return self.home / "zoo", self.bundled_zoo

    @property
    def needs_token(self) -> bool:
        """Whether requests need a token: beyond the loopback address unless `insecure`, and if `require_token`."""
        return self.require_token or not (self.loopback or self.insecure)

    @property
    def loopback(self) -> bool:
        """Whether the service listens on this machine only."""
        return is_loopback(self.host)

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a child process with the same home, database and artifacts."""
        return {
            "AXISCOPE_HOME": str(self.home),
            "AXISCOPE_DATABASE_URL": self.database,
            "AXISCOPE_ARTIFACTS_URL": self.artifacts,
            "AXISCOPE_LEASE_SECONDS": str(self.lease_seconds),
            "AXISCOPE_DATA_ROOTS": json.dumps([str(root) for root in self.data_roots]),
        }


def read_settings(**given: object) -> Settings:
    """Read the settings of this process from the environment, and make its home private.

    Parameters
    ----------
    **given : object
        Values by field name that override the environment, e.g. command-line options; None is ignored. A home is
        written to the environment, which modules of the trainer read.

    Raises
    ------
    InvalidInput
        Naming the invalid variable.
    """
    try:
        values: JsonObject = {name: value for name, value in given.items() if value is not None}
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = "AXISCOPE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidInput(
            f"got {name} = {first.get('input')!r}; allowed: {first['msg'].removeprefix('Input should be ')}; correct it"
        ) from None
    except SettingsError as error:
        raise InvalidInput(
            f"got a setting that cannot be read ({error}); allowed: JSON; write it so, e.g. "
            "AXISCOPE_TRUSTED_HOSTS='[\"axiscope.example\"]'"
        ) from None
    try:
        models_zoo.home.make_private(settings.home)
    except OSError as error:
        home = str(settings.home)
        raise InvalidInput(
            f"got AXISCOPE_HOME = {home!r}, which cannot be used ({error.strerror}); allowed: a folder that can be "
            "written; name another one"
        ) from None
    if given.get("home") is not None:
        os.environ["AXISCOPE_HOME"] = str(settings.home)
    return settings
