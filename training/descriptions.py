"""Title, source and JSON schema of every plugin, in one file, so that the service needs to import none of them.

`make docs` writes `training/plugins.json` from the plugins; `tests/meta` compares the two.
"""

import json
from typing import Any

from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES, ROOT
from training.runs.run_config import RunConfig

FILE = ROOT / "plugins.json"
KINDS = (OBJECTIVES, ARCHITECTURES, DATASETS, METRICS)


def describe() -> dict[str, Any]:
    """Describe the settings of a run and all plugins; imports every plugin, and torch with some of them.

    Returns
    -------
    dict
        ``run``: JSON schema of a training run; then one entry for each kind, with title, source and JSON schema by
        name, in alphabetical order. Settings stand in the order of their class, which is that of the form.
    """
    document: dict[str, Any] = {"run": RunConfig.model_json_schema()}
    for registry in KINDS:
        modules = {name: registry.load(name) for name in registry.names()}
        document[registry.folder] = {
            name: {
                "title": module.TITLE,
                "source": module.SOURCE,
                "schema": module.Config.model_json_schema(),
                **({"info": vars(module.INFO)} if registry is METRICS else {}),
                **({"likelihood": module.Objective.likelihood} if registry is OBJECTIVES else {}),
            }
            for name, module in modules.items()
        }
    return document


def to_text(document: dict[str, Any]) -> str:
    """Return the text of the file that holds ``document``."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
