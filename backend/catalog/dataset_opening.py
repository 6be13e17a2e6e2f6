"""The child process that opens files a person brought: reads, converts and stores them, within limits.

``python -m backend.catalog.dataset_opening`` is started by `backend.catalog.opened_datasets`; when it has ended
well, the service finds arrays on the disk that it only maps.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.limited_process import Report, serve
from models_zoo.errors import AxiscopeError, DamagedFile
from training.config import build
from training.data.formats.conversion import REPORT
from training.registry import DATASETS


def prepare(order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Open data set ``order["dataset"]`` with ``order["settings"]`` once.

    Raises
    ------
    AxiscopeError
        If it cannot be opened; nothing else comes out of it but MemoryError.
    """
    plugin = DATASETS.load(order["dataset"])
    REPORT.set(report)
    try:
        opened = plugin.load(build(plugin.Config, order["settings"]), Path(order["data_directory"]))
    except (AxiscopeError, MemoryError):
        raise
    except OSError as error:
        raise DamagedFile(f"the files cannot be read or converted: {error.strerror or type(error).__name__}") from None
    except Exception as error:  # noqa: BLE001 - parsers of files that anybody made raise anything
        raise DamagedFile(f"the files cannot be read: {type(error).__name__}; save them again") from None
    return {"images": len(opened)}


def main() -> None:
    """Serve one order from stdin."""
    serve(prepare)


if __name__ == "__main__":
    main()
