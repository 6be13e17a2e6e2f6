"""Uploaded sets of images: upload, list, delete."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from backend.catalog.uploads import check_name
from backend.errors import BodyTooLarge
from backend.http.problems import RESPONSES
from backend.routes.dependencies import ContextDep
from backend.routes.multipart import Parts, body_schema, file_part, receive, text_part
from backend.schemas.data import Upload, UploadList
from training.data.formats.label_table import MAX_BYTES as LABEL_BYTES

router = APIRouter(prefix="/datasets/own/uploads", tags=["data sets"], responses=RESPONSES, max_body_size=2**62)
Name = Annotated[str, Path(description="name of an uploaded set", max_length=100)]
BODY = body_schema(
    {
        "name": text_part("name of the set; lower-case letters and digits"),
        "pictures": file_part("zip of images"),
        "labels": file_part("CSV with the column file and one a factor, if the zip has no labels.csv"),
    },
    ["name", "pictures"],
)


@router.get("")
def list_uploads(context: ContextDep) -> UploadList:
    """List the uploaded sets of images, with the limits of an upload."""
    return context.uploads.listing()


@router.post("", status_code=201, openapi_extra=BODY)
async def upload_pictures(request: Request, context: ContextDep, response: Response) -> Upload:
    """Store a zip of images, with or without labels, under a new name; nothing is stored if any of it is invalid.

    `dataset_settings.path` of a training job takes the `name` of the response.
    """
    uploads, limit = context.uploads, context.settings.upload_bytes
    refusal = BodyTooLarge(
        f"got more than {limit:,} bytes, the limit (AXISCOPE_UPLOAD_BYTES); send the images in several sets",
        field="/pictures",
        allowed=limit,
    )
    parts = Parts(("name",), {"pictures": limit, "labels": LABEL_BYTES})
    with uploads.incoming() as folder:
        form = await receive(request, folder, parts, limit, refusal)
        pictures = form.need_file("pictures", "a zip of images")
        name = check_name(form.text("name"))
        made = await asyncio.to_thread(uploads.add, name, pictures, form.file("labels"))
    response.headers["Location"] = made.links["self"]
    return made


@router.delete("/{upload}", status_code=204, response_class=Response)
def delete_upload(context: ContextDep, upload: Name) -> None:
    """Delete an uploaded set; models that were trained on it stay, but cannot show its images."""
    context.datasets.forget(context.uploads.delete(upload))
