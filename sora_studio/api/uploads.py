"""Files that are uploaded before their wish, as the pages do it."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from sora_studio.api.body import chunks_of, open_form
from sora_studio.api.dependencies import NarrowReaderDep, NarrowWriterDep
from sora_studio.api.files import FILE, file_response
from sora_studio.api.schemas import Upload, UploadDeleted
from sora_studio.container import services
from sora_studio.domain.errors import InvalidInput

router = APIRouter(prefix="/uploads", tags=["videos"])

_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                },
            },
        },
    },
}


@router.post("", openapi_extra=_FILE)
async def add(request: Request, identity: NarrowWriterDep) -> Upload:
    """Keep a PNG, JPEG or WebP picture, an MP4 film, or an MP3 or WAV sound for a day."""
    async with open_form(request) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            message = "Send the file in the field 'file' of a form."
            raise InvalidInput(message, "file", "missing_required_parameter")
        upload = await services().uploads.add(identity.user_id, chunks_of(file), key=identity.key)
        return Upload.of(upload)


@router.head("/{upload_id}", include_in_schema=False)
@router.get("/{upload_id}", response_class=Response, responses=FILE)
async def read(request: Request, identity: NarrowReaderDep, upload_id: UUID) -> Response:
    """Return an uploaded file."""
    return file_response(request, await services().uploads.file(identity.user_id, upload_id, identity.key))


@router.delete("/{upload_id}")
async def remove(identity: NarrowWriterDep, upload_id: UUID) -> UploadDeleted:
    """Delete an upload; videos that were made with it keep what they were made with."""
    await services().uploads.remove(identity.user_id, upload_id, identity.key)
    return UploadDeleted(id=str(upload_id))
