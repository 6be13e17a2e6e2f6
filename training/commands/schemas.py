"""`python -m training schemas`: every plugin's title, source and JSON schema, for processes without torch."""

import typer


def schemas() -> None:
    """Print the JSON schemas of all plugins as one document."""
    import json

    from training.process import tune

    tune()
    from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES
    from training.run_config import RunConfig

    document: dict[str, object] = {"run": RunConfig.model_json_schema()}
    for registry in (OBJECTIVES, ARCHITECTURES, DATASETS, METRICS):
        modules = {name: registry.load(name) for name in registry.names()}
        document[registry.folder] = {
            name: {
                "title": module.TITLE,
                "source": module.SOURCE,
                "schema": module.Config.model_json_schema() if hasattr(module, "Config") else None,
                **({"info": vars(module.INFO)} if hasattr(module, "INFO") else {}),
                **({"likelihood": module.Objective.likelihood} if registry is OBJECTIVES else {}),
            }
            for name, module in modules.items()
        }
    typer.echo(json.dumps(document))
