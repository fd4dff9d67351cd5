"""Log lines: one stream for our own words, uvicorn's and Reflex's; no secret leaves through it.

Much of what is logged comes from outside, where anybody can write anything: it forges no lines, moves no
terminal's cursor, and is cut.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, TextIO, cast

import structlog

from sora_studio import metrics

Report = Callable[[str, BaseException | None, Mapping[str, Any]], None]
"""Takes what went wrong elsewhere, too: the name of the event, the error, and what is known besides."""

_HEADERS = re.compile(r"""(?i)((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[:=]\s*["']?)[^"'\n,}\]]+""")
_VALUES = re.compile(r"""(?i)(\bbearer\s+|[?&](?:token|key|secret|signature)=|\bsession=)[^"'&\s,;}\]]+""")
_KEYS = re.compile(r"\b(sk-|whsec_)[\w+/=-]{6,}")
_ESCAPES = {
    code: chr(code).encode("unicode_escape").decode()
    for span in ((0x00, 0x20), (0x7F, 0xA0), (0x2028, 0x202F), (0x2066, 0x206A))
    for code in range(*span)
}
"""Control characters, line ends, and what turns the direction of writing."""

_OURS = "sora_studio"
_MINUTE = 60  # seconds
_KINDS = 1_000  # that are counted in a minute; those beyond are one
_NAMED = 20  # lines that were left out and can be found by their id
_IDS = ("request_id", "reference")
_LONGEST_TEXT, _LONGEST_ERROR = 8_000, 1_000  # characters
_FRAMES = 30  # of a traceback, the last ones
_hidden: set[str] = set()  # see `hide`
_QUIET = (
    *("apscheduler", "httpx", "httpcore", "httpx2", "httpcore2", "openai", "python_multipart", "PIL"),
    *("uvicorn.error", "uvicorn.asgi", "alembic", "mcp"),
)
"""Libraries that tell of every request, connection or step at INFO."""


def configure(
    style: Literal["console", "json"] = "console", level: str = "info", *, report: Report | None = None
) -> None:
    """Send every log line to standard error.

    Args:
        style: Text for people, or one JSON object per line.
        level: The least that is written.
        report: Hears of errors, each kind once a minute.
    """
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
    )
    handler = _Sparing(sys.stderr, report)
    handler.setFormatter(_Masking(processors=_rendering(style), foreign_pre_chain=before))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide(secrets: Iterable[str]) -> None:
    """Keep these words out of every line from now on, wherever they come from."""
    _hidden.update(secrets)


def mask(text: str) -> str:
    """Replace what would let a reader of the log act as somebody else."""
    for secret in _hidden:
        text = text.replace(secret, "***")
    text = _HEADERS.sub(r"\1\2***", text)
    text = _VALUES.sub(r"\1***", text)
    return _KEYS.sub(r"\1***", text)


@dataclass
class _Repeated:
    """What went wrong in the same way, within a minute."""

    first: logging.LogRecord
    times: int = 0
    others: list[str] = field(default_factory=list[str])  # ids of those that were left out


class _Sparing(logging.StreamHandler[TextIO]):
    """Writes one line per minute about what goes wrong in the same way, and afterwards how often it did.

    Anybody can make a library complain, by sending nonsense, and a database that is away is one piece of
    news. What the studio says as information, or as an error without a traceback, is about one thing each: it
    is always written.
    """

    def __init__(self, stream: TextIO, report: Report | None) -> None:
        super().__init__(stream)
        self._report = report
        self._minute = 0
        self._said: dict[tuple[object, ...], _Repeated] = {}
        self._reported: set[tuple[object, ...]] = set()  # kinds of this minute

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        if record.levelno >= logging.WARNING:
            metrics.LOG_LINES.count(record.levelname.lower())
        minute = int(record.created) // _MINUTE
        if minute != self._minute:
            self._sum_up()
            self._minute = minute
            self._reported.clear()
        if not _may_be_left_out(record):
            self._write(record)
            return
        kind = _kind(record) if len(self._said) < _KINDS else ()
        same = self._said.setdefault(kind, _Repeated(record))
        same.times += 1
        if same.times == 1:
            self._write(record)
        elif len(same.others) < _NAMED:
            same.others += _ids(record)

    def close(self) -> None:
        """Say how often what was left out went wrong."""
        self._sum_up()
        super().close()

    def _write(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if self._report is not None and record.levelno >= logging.ERROR:
            known = {**structlog.contextvars.get_contextvars(), **_fields(record)}
            event = _fields(record).get("event") if record.name.startswith(_OURS) else None
            self._tell(self._report, str(event or record.name), record, known)

    def _tell(self, report: Report, event: str, record: logging.LogRecord, known: Mapping[str, Any]) -> None:
        """Report what is written, each kind once a minute; who logs never hears of an error on this way."""
        kind = (event, *_kind(record))
        if kind in self._reported or len(self._reported) >= _KINDS:
            return
        self._reported.add(kind)
        try:
            report(event, _error(record), known)
        except Exception:  # noqa: BLE001 -- whatever a library of others raises
            self.handleError(record)

    def _sum_up(self) -> None:
        for same in self._said.values():
            if same.times > 1:
                super().emit(_summary(same))
        self._said = {}


def _may_be_left_out(record: logging.LogRecord) -> bool:
    if not record.name.startswith(_OURS):
        return True
    return record.levelno == logging.WARNING or bool(record.exc_info or _fields(record).get("exc_info"))


def _kind(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what lines about the same trouble have in common: where it is said, and where it was met."""
    error = _error(record)
    frames = traceback.extract_tb(error.__traceback__)[-1:] if error else []
    return record.name, record.lineno, type(error), *((frame.filename, frame.lineno) for frame in frames)


def _error(record: logging.LogRecord) -> BaseException | None:
    given = record.exc_info or _fields(record).get("exc_info")
    if isinstance(given, tuple):
        return cast("tuple[object, BaseException | None, object]", given)[1]
    return given if isinstance(given, BaseException) else sys.exception() if given else None


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what structlog has put into a record; nothing for those of libraries."""
    return cast("dict[str, Any]", record.msg) if isinstance(record.msg, dict) else {}


def _ids(record: logging.LogRecord) -> list[str]:
    return [str(value) for name in _IDS if (value := _fields(record).get(name))]


def _summary(same: _Repeated) -> logging.LogRecord:
    """Return the line that stands for those that were left out."""
    event = _fields(same.first).get("event") or same.first.getMessage()
    said = {name: getattr(same.first, name) for name in ("name", "levelno", "levelname", "lineno")}
    ids = {"ids": same.others} if same.others else {}
    return logging.makeLogRecord({**said, "msg": str(event), "repeated": same.times - 1, **ids})


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
        colors=sys.stderr.isatty(), exception_formatter=_on_one_line, timestamp_key="ts"
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
        return escape(value)
    if isinstance(value, list):
        return [*map(_escaped, cast("list[object]", value))]
    if isinstance(value, dict):
        return {name: _escaped(each) for name, each in cast("dict[object, object]", value).items()}
    return value


def escape(text: str) -> str:
    """Cut what others have written, and take away its power over terminals and lines."""
    return text[:_LONGEST_TEXT].translate(_ESCAPES)


def _on_one_line(
    file: TextIO, failure: tuple[type[BaseException], BaseException, TracebackType | None]
) -> None:
    """Write a traceback behind its line: what was met, and where, the innermost place first."""
    text = " | ".join(_told(traceback.TracebackException(*failure, limit=-_FRAMES, compact=True)))
    file.write(f" trace={escape(text)!r}")


def _told(failure: traceback.TracebackException) -> Iterator[str]:
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(failure.stack)]
    yield " < ".join(["".join(failure.format_exception_only()).strip()[:_LONGEST_ERROR], *places])
    for part in failure.exceptions or []:
        yield from _told(part)
    cause = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    if cause:
        yield from _told(cause)
