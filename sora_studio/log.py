"""Log lines: one stream for our own words, uvicorn's and Reflex's; no secret leaves through it.

Much of what is logged comes from outside, where anybody can write anything: it forges no lines, moves no
terminal's cursor, and is cut.
"""

import logging
import re
import sys
from collections import Counter
from io import StringIO
from textwrap import indent
from typing import Literal, TextIO, cast

import structlog

_HEADERS = re.compile(r"""(?i)((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[:=]\s*["']?)[^"'\n,}\]]+""")
_VALUES = re.compile(r"""(?i)(\bbearer\s+|[?&](?:token|key|secret|signature)=|\bsession=)[^"'&\s,;}\]]+""")
_KEYS = re.compile(r"\b(sk-|whsec_)[\w+/=-]{6,}")
_ESCAPES = {
    code: chr(code).encode("unicode_escape").decode()
    for span in ((0x00, 0x20), (0x7F, 0xA0), (0x2028, 0x202F), (0x2066, 0x206A))
    for code in range(*span)
}
"""Control characters, line ends, and what turns the direction of writing."""

_LIBRARIES = {"reflex", "reflex_base", "engineio", "socketio", "uvicorn"}
"""They tell of every nonsense that comes over a connection, with a traceback."""

_PER_MINUTE = 60
_LONGEST_TEXT, _LONGEST_TRACEBACK = 4_000, 20_000  # characters
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
    handler.addFilter(_Sparing())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def mask(text: str) -> str:
    """Replace what would let a reader of the log act as somebody else."""
    text = _HEADERS.sub(r"\1\2***", text)
    text = _VALUES.sub(r"\1***", text)
    return _KEYS.sub(r"\1***", text)


class _Sparing(logging.Filter):
    """Lets a library say the same only so often in a minute: anybody can make it, by sending nonsense."""

    def __init__(self) -> None:
        super().__init__()
        self._minute = 0
        self._said: Counter[tuple[str, int]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in _LIBRARIES:
            return True
        minute, place = int(record.created) // 60, (record.name, record.lineno)
        if minute != self._minute:
            self._minute, self._said = minute, Counter()
        self._said[place] += 1
        return self._said[place] <= _PER_MINUTE


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
        return [tidy, _without_colour, structured, _harmless, structlog.processors.JSONRenderer()]
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=_indented, timestamp_key="ts"
    )
    return [tidy, _without_colour, _harmless, console]


def _without_colour(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop uvicorn's second, coloured copy of its message."""
    event.pop("color_message", None)
    return event


def _harmless(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Cut and escape every text of an event."""
    return {name: _escaped(value) for name, value in event.items()}


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return _as_text(value)
    if isinstance(value, list):
        return [*map(_escaped, cast("list[object]", value))]
    if isinstance(value, dict):
        return {name: _escaped(each) for name, each in cast("dict[object, object]", value).items()}
    return value


def _as_text(text: str) -> str:
    return text[:_LONGEST_TEXT].translate(_ESCAPES)


def _indented(file: TextIO, failure: structlog.typing.ExcInfo) -> None:
    """Write a traceback such that no line of it looks like one of the log: messages have line ends, too."""
    text = StringIO()
    structlog.dev.plain_traceback(text, failure)
    lines = text.getvalue()[:_LONGEST_TRACEBACK].split("\n")
    file.write(indent("\n".join(map(_as_text, lines)), "    "))
