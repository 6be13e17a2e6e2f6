"""`axiscope import`: import an external model."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from models_zoo.errors import InvalidInput


def import_model(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PACK]", help="Folder that `axiscope pack` wrote, in place of ONNX files.", show_default=False
        ),
    ] = None,
    encoder: Annotated[Path | None, typer.Option(help="ONNX file: image to mean and log-variance.")] = None,
    decoder: Annotated[
        Path | None, typer.Option(help="ONNX file: latent to image; the file of --encoder again where it holds both.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Display name; the id is derived from it.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Data set it was trained on: gives statistics and scores.")
    ] = None,
    data_set: Annotated[
        list[str] | None,
        typer.Option("--data-set", help="Setting of the data set, key=value; repeat for more, e.g. path=faces/."),
    ] = None,
    model_id: Annotated[
        str | None, typer.Option("--id", help="Id of the model; derived from the name by default.")
    ] = None,
    pixels: Annotated[
        str, typer.Option(help="Output of the decoder: auto, unit ([0, 1]), logits, or symmetric ([-1, 1]).")
    ] = "auto",
    image_shape: Annotated[
        str | None, typer.Option(help="Height,width,channels where the graphs leave it open.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a model of the same id.")] = False,
    allow_loops: Annotated[
        bool, typer.Option("--allow-loops", help="Import graphs with Loop or Scan: only from people you trust.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Import a model from a pack or two ONNX files; names, channel order and kinds of outputs are detected."""
    from backend.models.importing import ImportDataset, ImportRequest, import_model, parse_shape
    from backend.models.packs import import_pack
    from models_zoo.home import zoo_directory
    from training.config import parse_assignments

    def progress(text: str) -> None:
        if not json_output:
            sys.stderr.write(f"{text} ...\n")

    if folder is not None:
        if encoder or decoder or name or dataset or data_set or image_shape or pixels != "auto":
            raise InvalidInput(
                "got a pack and options of ONNX files; allowed with a pack: --id, --replace, --allow-loops"
            )
        made = import_pack(
            folder.absolute(),
            zoo_directory(),
            model_id=model_id,
            replace=replace,
            allow_loops=allow_loops,
            progress=progress,
        )
        _report(made, [], json_output=json_output)
        return
    if encoder is None or decoder is None or name is None:
        raise InvalidInput(
            "got no pack and not all of --encoder, --decoder and --name; allowed: a folder, or all three"
        )
    if pixels not in ("auto", "unit", "logits", "symmetric"):
        raise InvalidInput(f"got --pixels {pixels}; allowed: auto, unit, logits, symmetric")
    given = parse_assignments(data_set or [])
    if given and not dataset:
        raise InvalidInput("got --data-set without --dataset; allowed: both; name the data set too, e.g. --dataset own")
    named = ImportDataset.open(dataset, given) if dataset else None
    request = ImportRequest(
        encoder,
        decoder,
        name,
        model_id,
        named,
        pixels,
        image_shape=parse_shape(image_shape),
        replace=replace,
        allow_loops=allow_loops,
    )

    _report(*import_model(request, zoo_directory(), progress), json_output=json_output)


def _report(folder: Path, notes: list[str], *, json_output: bool) -> None:
    if json_output:
        sys.stdout.write(json.dumps({"id": folder.name, "folder": str(folder), "notes": notes}) + "\n")
        return
    for note in notes:
        sys.stdout.write(f"  {note}\n")
    sys.stdout.write(f"{folder.name} is in the zoo; `axiscope up` shows it at /explore/{folder.name}\n")
