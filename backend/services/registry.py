"""The zoo folders as rows of the database, kept in step; the folders are the truth."""

import difflib
import hashlib
import json
import threading
import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from backend.db.base import now
from backend.db.tables import Model
from backend.services import scores
from backend.settings import Settings
from models_zoo.catalog import Entry, read_entry
from models_zoo.errors import DamagedFile, NotFound
from models_zoo.manifest import EVALUATION, Manifest

LOOK_SECONDS = 1.0


def fingerprint(folder: Path) -> str:
    """Hash of names, sizes and times of the files of an entry: equal while nothing was touched."""
    facts = sorted((path.name, stat.st_size, stat.st_mtime_ns) for path in folder.iterdir() for stat in [path.stat()])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _created_at(manifest: Manifest | None) -> datetime:
    try:
        when = datetime.fromisoformat(manifest.provenance.created_at) if manifest else now()
    except ValueError:
        return now()
    return when if when.tzinfo else now()


def configuration(manifest: Manifest) -> str:
    """Hash of all that was chosen but the seed: seeds of one configuration are folded by it."""
    training = {key: value for key, value in manifest.training.items() if key != "seed"}
    facts = [
        manifest.dataset,
        manifest.dataset_settings,
        manifest.objective,
        manifest.objective_settings,
        manifest.architecture,
        manifest.latents,
        training,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _seed(manifest: Manifest | None) -> int | None:
    seed = manifest.training.get("seed") if manifest else None
    return seed if isinstance(seed, int) else None


def _fill(row: Model, entry: Entry, origin: str, mark: str) -> None:
    manifest = entry.manifest
    row.name = (manifest.name if manifest else entry.id)[:200]
    row.version = manifest.version if manifest else ""
    row.dataset = manifest.dataset if manifest else None
    row.objective = manifest.objective if manifest else None
    row.architecture = manifest.architecture if manifest else None
    row.latents = manifest.latents if manifest else None
    row.seed, row.configuration = _seed(manifest), configuration(manifest) if manifest else ""
    row.manifest = manifest.model_dump(mode="json") if manifest else {}
    settings = " ".join(f"{key}={value}" for key, value in manifest.objective_settings.items()) if manifest else ""
    words = (entry.id, row.name, row.dataset, row.objective, row.architecture, settings)
    row.search = " ".join(str(word) for word in words if word).lower()
    row.folder, row.origin, row.problem = str(entry.folder), origin, entry.problem
    row.fingerprint, row.created_at, row.registered_at = mark, _created_at(manifest), now()


class Registry:
    """Knows every model of the zoo folders.

    Parameters
    ----------
    settings : Settings
    sessions : sessionmaker
    """

    def __init__(self, settings: Settings, sessions: sessionmaker[Session]) -> None:
        self._zoos = settings.zoos
        self._sessions = sessions
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._looked = 0.0
        self._entries: dict[str, Entry] = {}

    def _times(self) -> tuple[int, ...]:
        return tuple(zoo.stat().st_mtime_ns if zoo.is_dir() else 0 for zoo in self._zoos)

    def sync(self) -> None:
        """Read the folders again if one of them changed; looks at most once a second."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        if self._times() != self._seen:
            self.refresh()

    def refresh(self) -> None:
        """Bring the rows in step with the folders: new, changed and removed entries."""
        with self._lock:
            self._seen = self._times()
            folders: dict[str, tuple[Path, str]] = {}
            for zoo, origin in reversed(list(zip(self._zoos, ("own", "bundled"), strict=True))):
                for folder in sorted(zoo.iterdir()) if zoo.is_dir() else ():
                    if folder.is_dir() and not folder.name.startswith((".", "_")):
                        folders[folder.name[:80]] = (folder, origin)
            with self._sessions.begin() as session:
                self._register(session, folders)
            self._entries = {}

    def _register(self, session: Session, folders: dict[str, tuple[Path, str]]) -> None:
        known = {row[0]: row for row in session.execute(select(Model.id, Model.fingerprint, Model.folder))}
        for gone in known.keys() - folders.keys():
            session.delete(session.get_one(Model, gone))
        for model_id, (folder, origin) in folders.items():
            mark = fingerprint(folder)
            if model_id in known and known[model_id][1:] == (mark, str(folder)):
                continue
            entry = read_entry(folder)
            row = session.get(Model, model_id) or Model(id=model_id)
            _fill(row, entry, origin, mark)
            session.add(row)
            session.flush()
            if entry.manifest and (folder / EVALUATION).is_file():
                scores.register_file(session, model_id, entry.manifest.version, folder / EVALUATION)

    def cached(self, model_id: str) -> Entry | None:
        """Entry of a model if it was asked for before and the folders were looked at just now; never waits."""
        return self._entries.get(model_id) if time.monotonic() - self._looked < LOOK_SECONDS else None

    def entry(self, model_id: str) -> Entry:
        """Entry of a model, sound or broken.

        Raises
        ------
        NotFound
            With the nearest id.
        """
        self.sync()
        found = self._entries.get(model_id)
        if found is not None:
            return found
        with self._sessions() as session:
            row = session.get(Model, model_id)
            if row is None:
                near = difflib.get_close_matches(model_id, session.scalars(select(Model.id).limit(20_000)).all(), n=1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                raise NotFound(
                    f"there is no model {model_id[:80]!r}{hint} GET /api/v1/models lists them", field="/model"
                )
            manifest = Manifest.model_validate(row.manifest) if row.manifest else None
            found = Entry(row.id, Path(row.folder), manifest, row.problem)
        self._entries[model_id] = found
        return found

    def sound(self, model_id: str) -> tuple[Entry, Manifest]:
        """Entry and manifest of a model that can be used.

        Raises
        ------
        NotFound
            If there is none.
        DamagedFile
            If it is broken, with the reason.
        """
        entry = self.entry(model_id)
        if entry.manifest is None:
            raise DamagedFile(f"model {model_id!r} is broken: {entry.problem}", field="/model")
        return entry, entry.manifest
