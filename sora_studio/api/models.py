"""Models: what can be asked for."""

from datetime import UTC, datetime

from fastapi import APIRouter

from sora_studio.api.dependencies import NarrowReaderDep
from sora_studio.api.schemas import ModelList, ModelOffer
from sora_studio.container import services

router = APIRouter(prefix="/models", tags=["videos"])


@router.get("")
async def list_models(_: NarrowReaderDep) -> ModelList:
    """List every model that can be asked for, the default first."""
    return _all()


@router.get("/{model_id:path}")
async def read_model(_: NarrowReaderDep, model_id: str) -> ModelOffer:
    """Return a model that can be asked for; its id may have slashes."""
    return _all().find(model_id)


def _all() -> ModelList:
    return ModelList.of(services().videos.profiles(), datetime.now(UTC).date())
