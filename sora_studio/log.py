"""Log lines: one stream for our own words, uvicorn's and Reflex's; no secret leaves through it."""

import logging
import re
import sys
from typing import Literal

import structlog

_HEADERS = re.compile(r"""(?i)((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[:=]\s*["']?)[^"'\n,}\]]+""")
_VALUES = re.compile(r"""(?i)(\bbearer\s+|[?&](?:token|key|secret|signature)=|\bsession=)[^"'&\s,;}\]]+""")
_KEYS = re.compile(r"\b(sk-|whsec_)[\w+/=-]{6,}")
_QUIET = (
    *("apscheduler", "httpx", "httpcore", "httpx2", "httpcore2", "openai", "python_multipart", "PIL"),
    *("uvicorn.error", "uvicorn.asgi", "alembic"),
)
"""Libraries that tell of every request, connection or step at INFO."""


def configure(style: Literal["console", "json"] = "console", level: int = logging.INFO) -> None:
    """Send every log line to standard error, as text for people or as one JSON object per line."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masking(processors=_rendering(style), foreign_pre_chain=before))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def mask(text: str) -> str:
    """Replace what would let a reader of the log act as somebody else."""
    text = _HEADERS.sub(r"\1\2***", text)
    text = _VALUES.sub(r"\1***", text)
    return _KEYS.sub(r"\1***", text)


class _Masking(structlog.stdlib.ProcessorFormatter):
    """Masks the finished line, tracebacks included: Reflex logs whole events, cookie and all."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def _rendering(style: Literal["console", "json"]) -> list[structlog.typing.Processor]:
    """Return the steps that turn an event into a line."""
    tidy = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if style == "json":
        # without the frames' variables: there are prompts and passwords among them
        transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        structured = structlog.processors.ExceptionRenderer(transform)
        return [tidy, _without_colour, structured, structlog.processors.JSONRenderer()]
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, timestamp_key="ts"
    )
    return [tidy, _without_colour, console]


def _without_colour(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop uvicorn's second, coloured copy of its message."""
    event.pop("color_message", None)
    return event
