"""Registry of the models of the zoo: rows of the database, synchronised with the folders, which are authoritative."""

import difflib
import hashlib
import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.db import metric_results
from backend.db.base import now
from backend.db.engine import Database
from backend.db.tables import Model
from backend.models import latents
from backend.settings import Settings
from models_zoo.catalog import ZooModel, read_zoo_model
from models_zoo.errors import DamagedFile, NotFound
from models_zoo.json_types import JsonObject
from models_zoo.manifest import EVALUATION, Manifest

POLL_SECONDS = 1.0


def fingerprint(folder: Path) -> str:
    """Return a hash of names, sizes and times of the files of a model folder."""
    files = sorted((path.name, stat.st_size, stat.st_mtime_ns) for path in folder.iterdir() for stat in [path.stat()])
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _created_at(manifest: Manifest | None) -> datetime:
    try:
        when = datetime.fromisoformat(manifest.provenance.created_at) if manifest else now()
    except ValueError:
        return now()
    return when if when.tzinfo else now()


def configuration(manifest: Manifest) -> str:
    """Return a hash of all settings but the seed: equal for the seeds of one configuration."""
    training = {key: value for key, value in manifest.training.items() if key != "seed"}
    chosen = [
        manifest.dataset,
        manifest.dataset_settings,
        manifest.objective,
        manifest.objective_settings,
        manifest.architecture,
        manifest.latents,
        training,
    ]
    return hashlib.sha256(json.dumps(chosen, sort_keys=True, default=str).encode()).hexdigest()


def _columns(model: ZooModel, origin: str, mark: str) -> JsonObject:
    """Return the columns of a model's row except its id."""
    manifest = model.manifest
    described = {key: getattr(manifest, key, None) for key in ("dataset", "objective", "architecture", "latents")}
    seed = manifest.training.get("seed") if manifest else None
    label = manifest.study if manifest else None
    name = (manifest.name if manifest else model.id)[:200]
    settings = manifest.objective_settings if manifest else {}
    words = [model.id, name, described["dataset"], described["objective"], described["architecture"]]
    words += [f"{key}={value}" for key, value in settings.items()]
    words += [label.study, label.group] if label else []
    return {
        **described,
        "name": name,
        "version": manifest.version if manifest else "",
        "seed": seed if isinstance(seed, int) else None,
        "study": label.study if label else None,
        "study_scale": label.scale if label else None,
        "study_run": label.run if label else None,
        "configuration": configuration(manifest) if manifest else "",
        "manifest": manifest.model_dump(mode="json") if manifest else {},
        "search": " ".join(word for word in words if word).lower(),
        "folder": str(model.folder),
        "origin": origin,
        "problem": model.problem,
        "fingerprint": mark,
        "created_at": _created_at(manifest),
        "registered_at": now(),
    }


def upsert(session: Session, model_id: str, columns: Mapping[str, object]) -> None:
    """Insert or update a model's row; another process may insert the same row at the same time.

    The row stays locked until the transaction ends, so that results of one model are recorded in turn.
    """
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - of two dialects one is needed
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment] # noqa: PLC0415
    statement = insert(Model).values(id=model_id, **columns)
    session.execute(statement.on_conflict_do_update(index_elements=[Model.id], set_=columns))


class Registry:
    """Registry of all models of the zoo folders."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._zoos = settings.zoos
        self._database = database
        self._lock = threading.Lock()
        self._folder_times: tuple[int, ...] = ()
        self._polled_at = 0.0
        self._models: dict[str, ZooModel] = {}

    def _read_times(self) -> tuple[int, ...]:
        return tuple(zoo.stat().st_mtime_ns if zoo.is_dir() else 0 for zoo in self._zoos)

    def sync(self) -> None:
        """Read the folders again if one of them changed; checks at most once a second."""
        if time.monotonic() - self._polled_at < POLL_SECONDS:
            return
        self._polled_at = time.monotonic()
        if self._read_times() != self._folder_times:
            self.refresh()

    def refresh(self) -> None:
        """Update the rows from the folders: new, changed and removed models."""
        with self._lock:
            self._folder_times = self._read_times()
            self._database.transact(self._register)
            self._models = {}

    def _folders(self) -> dict[str, tuple[Path, str]]:
        """Return folder and origin of each model; an own model hides a bundled one of the same id."""
        folders: dict[str, tuple[Path, str]] = {}
        for zoo, origin in reversed(list(zip(self._zoos, ("own", "bundled"), strict=True))):
            for folder in sorted(zoo.iterdir()) if zoo.is_dir() else ():
                if folder.is_dir() and not folder.name.startswith((".", "_")):
                    folders[folder.name[:80]] = (folder, origin)
        return folders

    def _register(self, session: Session) -> None:
        known = {row[0]: row for row in session.execute(select(Model.id, Model.fingerprint, Model.folder))}
        # Folders after rows: the folder of a row that another process has just inserted is then in the list.
        folders = self._folders()
        gone = sorted(known.keys() - folders.keys())
        if gone:
            session.execute(delete(Model).where(Model.id.in_(gone)))
        # Sorted: with the same order in all processes, no two block each other.
        for model_id, (folder, origin) in sorted(folders.items()):
            mark = fingerprint(folder)
            if model_id in known and known[model_id][1:] == (mark, str(folder)):
                continue
            model = read_zoo_model(folder)
            upsert(session, model_id, _columns(model, origin, mark))
            latents.record(session, model_id, model.manifest)
            if model.manifest and (folder / EVALUATION).is_file():
                metric_results.register_file(session, model_id, model.manifest.version, folder / EVALUATION)

    def cached(self, model_id: str) -> ZooModel | None:
        """Return a model that was read before, if the folders were checked less than a second ago; reads nothing."""
        return self._models.get(model_id) if time.monotonic() - self._polled_at < POLL_SECONDS else None

    def find(self, model_id: str) -> ZooModel:
        """Return a model, usable or broken.

        Raises
        ------
        NotFound
            With the nearest id.
        """
        self.sync()
        found = self._models.get(model_id)
        if found is not None:
            return found
        with self._database.read_session() as session:
            row = session.get(Model, model_id)
            if row is None:
                near = difflib.get_close_matches(model_id, session.scalars(select(Model.id).limit(20_000)).all(), n=1)
                action = f"did you mean {near[0]!r}?" if near else "name one of them"
                raise NotFound(
                    f"got model {model_id[:80]!r}, which does not exist; allowed: the models of GET /api/v1/models; "
                    f"{action}",
                    field="/model",
                )
            manifest = Manifest.model_validate(row.manifest) if row.manifest else None
            found = ZooModel(row.id, Path(row.folder), manifest, row.problem)
        self._models[model_id] = found
        return found

    def usable(self, model_id: str) -> tuple[ZooModel, Manifest]:
        """Return a usable model and its manifest.

        Raises
        ------
        NotFound
            If there is no such model.
        DamagedFile
            If it is broken, with the reason.
        """
        model = self.find(model_id)
        if model.manifest is None:
            raise DamagedFile(f"got model {model_id!r}, which is broken: {model.problem}", field="/model")
        return model, model.manifest
