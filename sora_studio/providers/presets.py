"""The shipped profiles, the presets of providers.toml: what servers can do, as data.

What stands here was read in the servers' sources or seen on the wire; docs/providers.md says where it shows.

Prices are OpenAI's former list prices (until 2026-09-24). The sandbox quotes them as play money, so
that budgets and price tags can be lived with before they count.
"""

from dataclasses import replace

from sora_studio.domain.profile import Model, Operation, Preset, Profile, RateLimit

_LANDSCAPE_AND_PORTRAIT = ("1280x720", "720x1280")
_LARGER = ("1792x1024", "1024x1792", "1920x1080", "1080x1920")
_SECONDS = (4, 8, 12, 16, 20)
_DOLLAR = 1_000_000  # micro-dollars

SORA_2 = Model(
    id="sora-2",
    hint="Fast; for trying ideas",
    sizes=_LANDSCAPE_AND_PORTRAIT,
    seconds=_SECONDS,
    micros_per_second=_DOLLAR // 10,
)
SORA_2_PRO = Model(
    id="sora-2-pro",
    hint="Finer and larger; slower, costs more",
    sizes=_LANDSCAPE_AND_PORTRAIT + _LARGER,
    seconds=_SECONDS,
    micros_per_second=3 * _DOLLAR // 10,
    micros_by_size={
        "1792x1024": _DOLLAR // 2,
        "1024x1792": _DOLLAR // 2,
        "1920x1080": 7 * _DOLLAR // 10,
        "1080x1920": 7 * _DOLLAR // 10,
    },
)

SANDBOX = Profile(
    name=Preset.SANDBOX,
    kind=Preset.SANDBOX,
    label="Sandbox",
    models=(SORA_2, SORA_2_PRO),
    operations=frozenset(Operation),
    note="The sandbox draws moving pictures on this machine. It is not an AI model, and nothing is charged.",
    list_is_complete=True,
    honours_idempotency_key=True,
    rate_limit=RateLimit(per_second=50, burst=100, at_once=16),  # it is on this machine
)

_OWN_MODEL = Model(
    id="default",
    hint="Whatever the server has loaded.",
    sizes=("832x480", "480x832", *_LANDSCAPE_AND_PORTRAIT),
    seconds=(4, 5, 8),
)
_OWN_SERVER = Operation.LIST, Operation.DELETE, Operation.REFERENCE, Operation.MODELS
_GATEWAY_NOTE = "Prices are the models' list prices; this server may charge differently, or nothing."

VIDEOS_API = Profile(
    name=Preset.VIDEOS_API,
    label="Videos API",
    models=(SORA_2, SORA_2_PRO),
    operations=frozenset({*_OWN_SERVER, Operation.REMIX}),
    note=_GATEWAY_NOTE,
    any_size=True,
    any_seconds=True,
    guesses_models=True,
)

OPENAI = Profile(
    name=Preset.OPENAI,
    kind=Preset.OPENAI,
    label="OpenAI",
    models=(SORA_2, SORA_2_PRO),
    operations=frozenset(Operation),
    note="OpenAI ended its Videos API on 24 September 2026. Nothing is sent there.",
    retired="OpenAI ended its Videos API on 24 September 2026. Choose another provider.",
)

_GATEWAY = replace(
    VIDEOS_API,
    operations=frozenset({Operation.REFERENCE, Operation.MODELS}),
)
# LiteLLM lists one upstream at best and deletes nothing; it remixes for a few of its upstreams only.
LITELLM = replace(_GATEWAY, name=Preset.LITELLM, kind=Preset.LITELLM, label="LiteLLM")
NEW_API = replace(_GATEWAY, name=Preset.NEW_API, kind=Preset.NEW_API, label="new-api")
# Bifrost wants to be told whose list; the studio has no word for that.
BIFROST = replace(
    _GATEWAY,
    name=Preset.BIFROST,
    kind=Preset.BIFROST,
    label="Bifrost",
    operations=_GATEWAY.operations | {Operation.DELETE},
)

# Another name than the served one is refused there, or loads another model; none is always fine.
VLLM_OMNI = Profile(
    name=Preset.VLLM_OMNI,
    kind=Preset.VLLM_OMNI,
    label="vLLM-Omni",
    models=(_OWN_MODEL,),
    operations=frozenset(_OWN_SERVER),
    any_size=True,
    any_seconds=True,
    sends_model=False,
    guesses_models=True,
)
SGLANG = replace(VLLM_OMNI, name=Preset.SGLANG, kind=Preset.SGLANG, label="SGLang")
FASTVIDEO = replace(VLLM_OMNI, name=Preset.FASTVIDEO, kind=Preset.FASTVIDEO, label="FastVideo")
UNSLOTH = replace(
    VLLM_OMNI,
    name=Preset.UNSLOTH,
    kind=Preset.UNSLOTH,
    label="Unsloth Studio",
    note="It makes one video at a time with the model that it has loaded; more of them wait here.",
    busy=frozenset({409, 429}),
    rate_limit=RateLimit(jobs=1),
)

PRESETS = {
    Preset(profile.name): profile
    for profile in (
        SANDBOX,
        OPENAI,
        LITELLM,
        VLLM_OMNI,
        SGLANG,
        FASTVIDEO,
        UNSLOTH,
        NEW_API,
        BIFROST,
        VIDEOS_API,
    )
}
"""What `preset` may name in providers.toml."""
