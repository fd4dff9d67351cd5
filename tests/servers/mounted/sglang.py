"""SGLang's own diffusion server, without a model: its scheduler's client answers at once."""

import asyncio
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter

from .front import Engine
from .stubs import put, stub

MODEL = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
_GEN = "sglang.multimodal_gen"
_REAL = (
    f"{_GEN}.runtime.entrypoints.http_server",
    f"{_GEN}.runtime.entrypoints.openai",
    f"{_GEN}.runtime.entrypoints.utils",
    f"{_GEN}.runtime.pipelines_core.schedule_batch",
    f"{_GEN}.runtime.pipelines_core.request_utils",
    f"{_GEN}.runtime.utils.common",
    f"{_GEN}.configs.sample.sampling_params",
    f"{_GEN}.configs.sample.wan",
    f"{_GEN}.configs.task_type",
    f"{_GEN}.configs.utils",
    "sglang.srt.utils.json_response",
    "sglang.version",
    "sglang._version",
)


def create_app(engine: Engine, folder: Path) -> Any:
    """Return its application over our engine."""
    stub("sglang", "torch", "PIL", "imageio", "imageio_ffmpeg", "msgspec", "psutil", "zmq", real=_REAL)
    sample, task = import_module(f"{_GEN}.configs.sample.wan"), import_module(f"{_GEN}.configs.task_type")
    pipeline = type("WanPipeline", (), {"pipeline_name": "WanPipeline"})
    known = SimpleNamespace(sampling_param_cls=sample.Wan2_2_T2V_A14B_SamplingParam, pipeline_cls=pipeline)
    arguments = _arguments(folder, task.ModelTaskType.T2V)
    put(f"{_GEN}.registry", get_model_info=lambda *_, **__: known)
    put(f"{_GEN}.runtime.server_args", get_global_server_args=lambda: arguments)
    put(
        f"{_GEN}.runtime.scheduler_client",
        async_scheduler_client=_Scheduler(engine),
        run_zeromq_broker=lambda _: asyncio.Event().wait(),
    )
    for other in ("rollout_api", "weights_api"):
        put(f"{_GEN}.runtime.entrypoints.post_training.{other}", router=APIRouter())
    return import_module(f"{_GEN}.runtime.entrypoints.http_server").create_app(arguments)


class _Scheduler:
    """What the routes know of the engine."""

    failure_reason = None

    def __init__(self, engine: Engine) -> None:
        """Answer by this engine."""
        self._engine = engine

    def initialize(self, _: object) -> None:
        """Connect to nobody."""

    def close(self) -> None:
        """End nothing."""

    async def forward(self, requests: Any) -> Any:
        """Make one video of each request."""
        batch = import_module(f"{_GEN}.runtime.pipelines_core.schedule_batch").OutputBatch()
        batch.output_file_paths = [self._made(each) for each in requests]
        batch.peak_memory_mb, batch.metrics = 24576.0, SimpleNamespace(total_duration_s=2.0)
        return batch

    def _made(self, request: Any) -> str:
        asked = request.sampling_params
        path = str(Path(asked.output_file_path()).absolute())
        seconds = str(round(asked.num_frames / asked.fps))
        fields = {
            "prompt": asked.prompt,
            "fps": asked.fps,
            "num_frames": asked.num_frames,
            "seconds": seconds,
        }
        self._engine.make(asked.request_id, path, size=f"{asked.width}x{asked.height}", **fields)
        return path


def _arguments(folder: Path, task: Any) -> Any:
    """Return the arguments of a start that the routes look at."""
    pipeline = SimpleNamespace(
        task_type=task,
        get_supported_task_types=lambda: (task,),
        resolve_task_type=lambda *_, **__: task,
        adjust_num_frames=lambda frames: (frames - 1) // 4 * 4 + 1,  # as Wan's
        dit_precision="bf16",
        vae_precision="fp32",
        vae_decode_precision="fp32",
        vae_config=None,
        supports_action_endpoint=lambda: False,
        supports_openpi_endpoint=lambda: False,
    )
    return SimpleNamespace(
        model_path=MODEL,
        served_model_name=MODEL,
        model_id=None,
        backend=None,
        pipeline_class_name=None,
        pipeline_config=pipeline,
        num_gpus=1,
        tp_size=1,
        dp_size=1,
        output_path=str(folder),
        input_save_path=str(folder / "uploads"),
        comfyui_mode=False,
        batching_max_size=1,
        enable_metrics=False,
        enable_trace=False,
        progress_endpoint=None,
        warmup_mode="off",
        prompt_enhancer_config=None,
        attention_backend_config=None,
    )
