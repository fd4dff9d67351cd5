"""The routes that control faults; the application has them only when it was started with `--faults`."""

from fastapi import APIRouter, Depends

from sora_sandbox.dependencies import CurrentSandbox, require_api_key
from sora_sandbox.wire import Json

router = APIRouter(prefix="/faults", dependencies=[Depends(require_api_key)])


@router.get("")
async def list_faults(sandbox: CurrentSandbox) -> list[Json]:
    """Return the active faults, and how often each has struck."""
    return sandbox.faults.json()


@router.post("")
async def add_faults(sandbox: CurrentSandbox, wanted: Json | list[Json]) -> list[Json]:
    """Add one fault, or several."""
    sandbox.faults.add(wanted if isinstance(wanted, list) else [wanted])
    if any("instant_ms" in fault for fault in sandbox.faults.json()):
        await sandbox.pool.prepare_canned_film()
    return sandbox.faults.json()


@router.put("")
async def set_faults(sandbox: CurrentSandbox, wanted: list[Json]) -> list[Json]:
    """Replace all faults by these."""
    sandbox.faults.clear()
    return await add_faults(sandbox, wanted)


@router.delete("")
async def clear_faults(sandbox: CurrentSandbox, at: str | None = None) -> list[Json]:
    """Remove all faults, or those of one place."""
    sandbox.faults.clear(at)
    return sandbox.faults.json()
