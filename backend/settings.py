"""Everything about the service that a person can set: environment variables that begin with ``AXISCOPE_``.

Made once, by the command that starts something; never at import.
"""

import ipaddress
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import models_zoo.home
from models_zoo.catalog import BUNDLED


class Settings(BaseSettings):
    """Settings of the service; each is documented in docs/http.md."""

    model_config = SettingsConfigDict(env_prefix="AXISCOPE_", frozen=True)

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
    image_pixels: int = Field(16 * 1024**2, ge=4096, description="most pixels of one uploaded picture")
    codec_bytes: int = Field(512 * 1024**2, ge=0, description="bytes of model files kept loaded")
    threads: int = Field(2, ge=1, description="threads that run models")
    device: str = Field("auto", pattern="^(auto|cpu|cuda)$", description="where models run: auto, cpu or cuda")
    drain_seconds: int = Field(10, ge=0, description="longest wait for running requests at shutdown, seconds")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in use."""
        return self.database_url or f"sqlite:///{self.home / 'axiscope.db'}"

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
