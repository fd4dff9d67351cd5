"""Pictures that are uploaded before their wish, as the pages do it."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from sora_studio.api.body import read_file
from sora_studio.api.dependencies import IdentityDep
from sora_studio.api.files import FILE, file_response
from sora_studio.api.schemas import Reference, ReferenceDeleted
from sora_studio.container import services

router = APIRouter(prefix="/references", tags=["videos"])

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
async def add_reference(request: Request, identity: IdentityDep) -> Reference:
    """Keep a PNG, JPEG or WebP picture for a day."""
    data = await read_file(request, "file")
    view = await services().media.add_reference(identity.user_id, data)
    return Reference(id=str(view.id), width=view.width, height=view.height)


@router.head("/{reference_id}", include_in_schema=False)
@router.get("/{reference_id}", response_class=Response, responses=FILE)
async def read_upload(request: Request, identity: IdentityDep, reference_id: UUID) -> Response:
    """Return an uploaded picture."""
    return file_response(request, await services().media.reference_upload(identity.user_id, reference_id))


@router.delete("/{reference_id}")
async def remove_reference(identity: IdentityDep, reference_id: UUID) -> ReferenceDeleted:
    """Delete an uploaded picture; videos that were made with it keep theirs."""
    await services().media.remove_reference(identity.user_id, reference_id)
    return ReferenceDeleted(id=str(reference_id))
