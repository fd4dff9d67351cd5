"""FastVideo's own server, without a model."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .front import Engine
from .stubs import put, stub

MODEL = "FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers"
_REAL = ("fastvideo.entrypoints.openai", "fastvideo.api.compat", "fastvideo.api.schema")


def create_app(engine: Engine, folder: Path) -> Any:
    """Return its application over our engine."""
    stub("fastvideo", real=_REAL)

    class Generator:
        @staticmethod
        def from_fastvideo_args(_: object) -> "Generator":
            return Generator()

        def generate_video(self, *, output_path: str, **asked: Any) -> dict[str, Any]:
            engine.make(
                Path(output_path).stem,
                output_path,
                **{name: asked.get(name) for name in ("prompt", "fps", "num_frames")},
            )
            return {"generation_time": 2.0, "peak_memory_mb": 1024.0}

        def shutdown(self) -> None:
            """End nothing."""

    put("fastvideo.entrypoints.video_generator", VideoGenerator=Generator)
    api_server = import_module("fastvideo.entrypoints.openai.api_server")
    return api_server.create_app(SimpleNamespace(model_path=MODEL), output_dir=str(folder))
