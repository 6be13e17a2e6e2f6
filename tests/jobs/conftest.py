"""Databases of the job tests: SQLite on disk, and a PostgreSQL server of its own on a private socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from moto.server import ThreadedMotoServer

from backend.db.base import Base
from backend.db.engine import Database
from backend.jobs import processes
from backend.jobs.queue import dispatchers
from tests.jobs.programs import LONG, RUN, SECONDS, Bench, weights_of, write_images


def postgres_programs() -> Path | None:
    """Folder of initdb and postgres, Debian's included."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    candidates = [*reversed(folders), *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


class Postgres:
    """A server that listens on a private socket only; it can be stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.data = programs, folder, folder / "data"
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "axiscope", "--no-sync", "-E", "UTF8", "--locale=C")

    def _run(self, program: str, *arguments: object) -> None:
        owner = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid}
        command = [str(self.programs / program), *map(str, arguments)]
        log = self.folder.with_suffix(".log")
        with log.open("ab") as stream:
            subprocess.run(command, check=True, cwd=self.folder, stdout=stream, stderr=stream, **owner)

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-c listen_addresses='' -k {self.folder} -c fsync=off -c max_connections=100"
        self._run("pg_ctl", "-D", self.data, "-o", options, "-l", self.data / "log", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop: ``fast`` ends all sessions, ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def url(self, name: str) -> str:
        """URL of database ``name``."""
        return f"postgresql+psycopg://axiscope@/{name}?host={self.folder}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the endurance tests only with ``-m endurance``."""
    if "endurance" in (config.option.markexpr or ""):
        return
    left_out = [item for item in items if item.get_closest_marker("endurance")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server for the length of a block."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="axiscope-pg-"))
    server = Postgres(programs, folder)
    server.start()
    yield server
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".log").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


_counter = iter(range(1_000_000))


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """URL of a fresh, empty database."""
    name = f"test_{os.getpid()}_{next(_counter)}"
    admin = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return postgres.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'axiscope.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """Database with all tables, held by dispatcher ``here`` with epoch 1."""
    opened = Database(url)
    Base.metadata.create_all(opened.engine)
    dispatchers.acquire(opened, "here", "test", processes.identify(), has_exited=lambda _: False, seconds=60)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """``undisturbed(**changes)``: final weights of the run, so changed, of a trainer without a queue."""

    def run(**changes):
        from training.runs import pipeline
        from training.runs.run_config import resolve, run_settings

        home = tmp_path_factory.mktemp("undisturbed")
        settings = {"path": str(write_images(home))}
        config = resolve(run_settings({**RUN, **changes, "dataset_settings": settings}))
        trainer = pipeline.prepare(config, home / "run", home / "data")
        pipeline.train(trainer, [])
        return weights_of(home / "run" / "checkpoints" / f"step-{trainer.step:09d}.safetensors")

    return run


@pytest.fixture(scope="session")
def uninterrupted(undisturbed):
    """Final weights of the run of most failure tests."""
    return undisturbed()


@pytest.fixture(scope="session")
def uninterrupted_seconds(undisturbed):
    """Final weights of the run whose trainer is not held."""
    return undisturbed(**SECONDS)


@pytest.fixture(scope="session")
def uninterrupted_long(undisturbed):
    """Final weights of the run that lasts longer than half a minute."""
    return undisturbed(**LONG)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "home")
    made.database.migrate()
    yield made
    made.close()


@pytest.fixture(scope="session")
def s3():
    """Environment of an S3 server with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    import s3fs

    s3fs.S3FileSystem(use_listings_cache=False).mkdir("axiscope")
    yield "s3://axiscope/jobs"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    server.stop()
