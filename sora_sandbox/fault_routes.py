"""The control route of faults: there only when the sandbox is told so."""

from fastapi import APIRouter, Depends

from sora_sandbox.dependencies import CurrentSandbox
from sora_sandbox.middleware import require_api_key
from sora_sandbox.wire import Json

control = APIRouter(prefix="/faults", dependencies=[Depends(require_api_key)])


@control.get("")
async def list_faults(sandbox: CurrentSandbox) -> list[Json]:
    """Return what is asked for at the moment, and how often each fault struck."""
    return sandbox.faults.json()


@control.post("")
async def add_faults(sandbox: CurrentSandbox, wanted: Json | list[Json]) -> list[Json]:
    """Ask for one fault more, or for several."""
    sandbox.faults.add(wanted if isinstance(wanted, list) else [wanted])
    if any("instant_ms" in fault for fault in sandbox.faults.json()):
        await sandbox.pool.stock_up()
    return sandbox.faults.json()


@control.put("")
async def set_faults(sandbox: CurrentSandbox, wanted: list[Json]) -> list[Json]:
    """Ask for these faults and no others."""
    sandbox.faults.clear()
    return await add_faults(sandbox, wanted)


@control.delete("")
async def clear_faults(sandbox: CurrentSandbox, at: str | None = None) -> list[Json]:
    """Forget all faults, or those of one place."""
    sandbox.faults.clear(at)
    return sandbox.faults.json()
