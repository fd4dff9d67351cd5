"""vLLM-Omni's own router of videos, models and health, without vLLM: its handler answers at once.

What belongs to vLLM is not there: the errors' envelope (FastAPI's own stands in) and `/version`.
"""

import os
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from .front import Engine
from .stubs import put, stub

MODEL = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
_OPENAI = "vllm_omni.entrypoints.openai"
_REAL = (
    *(f"{_OPENAI}.{name}" for name in ("api_server", "app_state", "errors", "image_api_utils", "models")),
    *(f"{_OPENAI}.{name}" for name in ("protocol", "storage", "stores", "video")),
    "vllm_omni.config.server_settings",
    "vllm_omni.entrypoints.serve.utils",
    "vllm_omni.errors",
)


class _Permission(BaseModel):
    """As vLLM's."""

    object: str = "model_permission"


class _Card(BaseModel):
    """As vLLM's."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = "vllm"
    root: str | None = None
    parent: str | None = None
    max_model_len: int | None = None
    permission: list[_Permission] = []


class _Cards(BaseModel):
    """As vLLM's."""

    object: str = "list"
    data: list[_Card] = []


class _EngineDeadError(Exception):
    """As vLLM's."""


class _EngineGenerateError(Exception):
    """As vLLM's."""


def create_app(engine: Engine, folder: Path) -> Any:
    """Return its router over our engine."""
    os.environ["VLLM_OMNI_SERVER_STORAGE__PATH"] = str(folder / "files")
    stub("vllm_omni", "vllm", "uvloop", real=_REAL)
    put(
        "vllm.v1.engine.exceptions",
        EngineDeadError=_EngineDeadError,
        EngineGenerateError=_EngineGenerateError,
    )
    put(
        "vllm.entrypoints.serve.engine.protocol",
        ModelCard=_Card,
        ModelList=_Cards,
        ModelPermission=_Permission,
    )
    server = import_module(f"{_OPENAI}.api_server")
    models = import_module(f"{_OPENAI}.models.serving")
    app = FastAPI()
    app.include_router(server.router)
    path = SimpleNamespace(name=MODEL, model_path=MODEL)
    app.state.openai_serving_models = models._DiffusionServingModels([path])
    app.state.openai_serving_video = _Handler(engine)
    app.state.engine_client = _Handler(engine)
    app.state.api_server_count = 1
    return app


class _Handler:
    """What the routes know of the engine."""

    model_name = MODEL
    stage_configs: tuple[Any, ...] = ()
    supports_mixed_reference_inputs = False
    supports_latent_mask_editing = False
    supported_control_upload_types: frozenset[str] = frozenset()

    def __init__(self, engine: Engine) -> None:
        """Answer by this engine."""
        self._engine = engine

    def set_stage_configs_if_missing(self, _: object) -> None:
        """Know them."""

    async def check_health(self) -> None:
        """Be well."""

    async def abort_request(self, _: str) -> None:
        """Have ended."""

    async def generate_video_bytes(self, request: Any, job_id: str, **_: Any) -> Any:
        """Make a video, as it was asked for after the real defaults."""
        asked = request.resolve_video_params()
        seconds = str(round(asked.num_frames / asked.fps)) if asked.num_frames else "0"
        fields = {
            "prompt": request.prompt,
            "fps": asked.fps,
            "num_frames": asked.num_frames,
            "seconds": seconds,
        }
        film = self._engine.make(job_id, size=f"{asked.width}x{asked.height}", **fields)
        return film, {}, 61440.0, None, {}
