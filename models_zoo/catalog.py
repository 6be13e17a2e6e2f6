"""Models in a zoo folder: the valid ones, and the damaged ones with the reason."""

from dataclasses import dataclass
from pathlib import Path

from models_zoo.errors import AxiscopeError, DamagedFile, NotFound
from models_zoo.files import sha256_of
from models_zoo.manifest import DECODER, ENCODER, Manifest, check_id, read_manifest

BUNDLED = Path(__file__).parent / "bundled"
RECIPES = Path(__file__).parent / "recipes"


def recipes() -> list[Path]:
    """Return the recipe files of the bundled models, sorted by name."""
    return sorted(RECIPES.glob("*.toml"))


@dataclass(frozen=True)
class ZooModel:
    """Model of a zoo: its folder, and its manifest or the reason why it cannot be used."""

    id: str
    folder: Path
    manifest: Manifest | None
    problem: str | None = None


def verify(folder: Path, manifest: Manifest) -> None:
    """Check that every file of the model is present, complete and unaltered.

    Raises
    ------
    DamagedFile
        Naming the first file at fault and the difference.
    """
    for required in (ENCODER, DECODER):
        if required not in manifest.files:
            raise DamagedFile(
                f"got {folder.name}, whose manifest lists no {required}; allowed: {ENCODER} and {DECODER}; export it "
                "again"
            )
    for name, record in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise DamagedFile(
                f"got {folder.name} without {name}; allowed: every file of its manifest; export or copy it again"
            )
        size = path.stat().st_size
        if size != record.bytes:
            raise DamagedFile(
                f"got {folder.name}/{name} of {size} bytes; allowed: {record.bytes}, as the manifest lists; copy it "
                "again"
            )
        if sha256_of(path) != record.sha256:
            raise DamagedFile(
                f"got {folder.name}/{name} with another SHA-256 than the manifest lists: it was altered; allowed: the "
                "file that was exported; export or copy it again"
            )


def read_zoo_model(folder: Path) -> ZooModel:
    """Read one model; a damaged one is returned with ``problem`` set instead of an exception."""
    try:
        manifest = read_manifest(folder)
        check_id(folder.name)
        if manifest.id != folder.name:
            raise DamagedFile(
                f"got {folder.name}, whose manifest is of {manifest.id!r}; allowed: a folder of that name; rename it"
            )
        verify(folder, manifest)
    except (AxiscopeError, OSError) as error:
        return ZooModel(folder.name, folder, None, str(error))
    return ZooModel(folder.name, folder, manifest)


def list_zoo_models(zoo: Path) -> list[ZooModel]:
    """Return all models below ``zoo``, sorted by id, without hidden and temporary folders."""
    if not zoo.is_dir():
        return []
    folders = sorted(path for path in zoo.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    return [read_zoo_model(folder) for folder in folders]


def find_zoo_model(zoos: list[Path], model_id: str) -> ZooModel:
    """Return model ``model_id`` of the first zoo that has it.

    Raises
    ------
    NotFound
        If no zoo has it; the message lists the models.
    """
    for zoo in zoos:
        if (zoo / model_id).is_dir():
            return read_zoo_model(zoo / check_id(model_id))
    known = [folder.name for zoo in zoos if zoo.is_dir() for folder in sorted(zoo.iterdir()) if folder.is_dir()]
    raise NotFound(
        f"got model {model_id!r}, which does not exist; allowed: {', '.join(known) or 'none'}", allowed=known
    )
