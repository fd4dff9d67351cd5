"""The dialects: how each server that speaks the Videos API differs from the hosted API, one module each."""

from sora_sandbox.dialects.base import Dialect
from sora_sandbox.dialects.bifrost import Bifrost
from sora_sandbox.dialects.fastvideo import FastVideo
from sora_sandbox.dialects.litellm import LiteLLM
from sora_sandbox.dialects.new_api import NewApi
from sora_sandbox.dialects.sglang import SGLang
from sora_sandbox.dialects.unsloth import Unsloth
from sora_sandbox.dialects.vllm_omni import VllmOmni

__all__ = ["DIALECTS", "Dialect"]

DIALECTS: dict[str, Dialect] = {
    "openai": Dialect(),
    "litellm": LiteLLM(),
    "vllm-omni": VllmOmni(),
    "sglang": SGLang(),
    "fastvideo": FastVideo(),
    "unsloth": Unsloth(),
    "new-api": NewApi(),
    "bifrost": Bifrost(),
}
