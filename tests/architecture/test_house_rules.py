"""Rules of the house that no linter knows."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.source import ROOT, calls, parsed, python_files, shown

_PACKAGES = ("sora_studio", "sora_sandbox")
_OURS = python_files(*_PACKAGES)
_EVERYTHING = [*_OURS, *python_files("tests", "bench", "alembic")]

_WITHOUT_A_NOUN = {"util", "utils", "helper", "helpers", "common", "core", "misc", "shared"}
_CATCH_EVERYTHING = {
    "sora_studio/doctor/examination.py": "a check that breaks is a finding, and the others are made",
    "sora_studio/log.py": "who writes a line never hears of the reporter's trouble",
    "sora_studio/metrics.py": "who has something counted never hears of the library's",
    "sora_studio/providers/errors.py": "whatever the SDK stumbles over, the POST may have been taken",
    "sora_studio/scheduler.py": "one failed run must not end the background work",
    "sora_studio/services/announcements.py": "however listening ends, it has to begin again",
    "sora_studio/services/pictures/picture.py": "Pillow stumbles over hostile pictures as it likes",
    "sora_studio/services/worker_pool.py": "FFmpeg and Pillow stumble over hostile files as they like",
}
_MAY_READ_THE_ENVIRONMENT = {
    "sora_studio/config/environment.py",
    "sora_studio/web/frontend.py",  # for the build it starts
    "sora_studio/subprocesses/process.py",  # for the children it starts
    "sora_studio/web/asgi.py",  # for Reflex, which listens to nothing else
    "sora_sandbox/worker_process.py",  # for the workers it starts
}
_MAY_PRICE_A_JOB = {
    "sora_studio/services/money/spending.py",
    "sora_studio/services/jobs/importer.py",  # adopts what the provider has been paid for already
}
_BACKGROUND = ROOT / "sora_studio/services/jobs/background.py"
_PARTS_ALONE = {  # tests of several processes' claims, and of nothing else
    ("Claims", "tests/integration/jobs/test_claims.py"),
    ("Claims", "tests/integration/jobs/test_turns.py"),
    ("Claims", "tests/simulation/test_seeds.py"),
}
_LOGS = re.compile(
    r"\b(_?log|_?logger|get_logger\(.*\)|getLogger\(.*\))\.(debug|info|warning|error|critical|exception)$"
)
_EVENT = re.compile(r"[a-z][a-z0-9_]*")
_SHORT = 0.1  # seconds
_EXPLAINED = re.compile(
    r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|(pyright|type): ignore\[[\w, -]+\])  *(-{1,2} |# ?|\()\w"
)


def test_modules_are_named_for_what_they_are_about():
    """A function lives with the noun it serves; `utils` serves none."""
    nameless = [
        shown(path)
        for path in _EVERYTHING
        if _WITHOUT_A_NOUN & {path.stem, *path.relative_to(ROOT).parent.parts}
    ]

    assert nameless == []


def test_every_module_says_what_it_is():
    """The first line of a file is a sentence about it."""
    silent = [shown(path) for path in _EVERYTHING if not ast.get_docstring(parsed(path))]

    assert silent == []


def test_everything_is_caught_only_where_it_is_meant():
    """Once in each of these places; elsewhere a bug must be seen."""
    greedy = [
        str(path.relative_to(ROOT))
        for path in _OURS
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type) and not _passes_on(node)
    ]

    assert greedy == [*_CATCH_EVERYTHING]


def test_the_background_work_is_put_together_in_one_place():
    """A new argument of one of its parts touches one wiring; tests take the parts from it, too."""
    wiring = parsed(_BACKGROUND)
    theirs = _imported_from("sora_studio.services.jobs", wiring)
    parts = {name for name, _ in calls(wiring)} & theirs
    strays = [
        shown(path, call.lineno)
        for path in _EVERYTHING
        if path != _BACKGROUND
        for name, call in calls(parsed(path))
        if name in parts and (name, str(path.relative_to(ROOT))) not in _PARTS_ALONE
    ]

    assert {"Claims", "Submitter", "Archiver", "Purger"} <= parts
    assert strays == []


def test_what_is_logged_is_an_event_with_fields():
    """One style, so that a log can be searched and counted: `snake_case`, and what varies beside it."""
    loose = [
        shown(path, call.lineno)
        for path in _OURS
        if "sora_sandbox"
        not in path.parts  # a program of its own, whose lines a person reads in its terminal
        for name, call in calls(parsed(path))
        if _LOGS.search(name) and not _is_event(call)
    ]

    assert loose == []


def test_the_environment_is_read_in_one_place():
    """Everybody else is handed `Settings`."""
    readers = [
        shown(path, node.lineno)
        for path in _OURS
        if str(path.relative_to(ROOT)) not in _MAY_READ_THE_ENVIRONMENT
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
    ]

    assert readers == []


def test_tests_wait_for_conditions_and_not_for_time():
    """A sleep is too long on a fast machine and too short on a slow one; loops that look again may pause."""
    sleepers = [
        shown(path, call.lineno)
        for path in python_files("tests")
        for name, call in calls(parsed(path))
        if name.split(".")[-1] in {"sleep", "wait_for_timeout"}
        and not (_is_short(call) and call in _calls_in_loops(parsed(path)))
    ]

    assert sleepers == []


def test_tests_do_not_patch_our_code():
    """What is to be replaced is replaced at a port."""
    patchers = [
        shown(path, call.lineno)
        for path in python_files("tests")
        for name, call in calls(parsed(path))
        if re.search(r"\bpatch(\.\w+)?$|monkeypatch\.setattr$", name)
        and _names_ours(call.args[0], parsed(path))
    ]

    assert patchers == []


@pytest.mark.parametrize("path", _EVERYTHING, ids=shown)
def test_exceptions_from_the_checks_have_a_reason(path: Path):
    """`noqa` and `ignore` name a rule and, behind a dash, say why."""
    unexplained = [
        shown(path, number)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"#\s*(noqa|type: ?ignore|pyright: ?ignore|pragma: no cover)\b", line)
        and not _EXPLAINED.search(line)
    ]

    assert unexplained == []


def test_handlers_look_again_who_is_at_the_tab_before_they_write():
    """Only the first `async with self` of a handler is plain; later ones ask `still_signed_in` or tidy up."""
    blind = [
        shown(path, node.lineno)
        for path in _OURS
        if "ui" in path.parts
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.AsyncFunctionDef) and function.name != "still_signed_in"
        for node in sorted(_entered(function) - _tidying(function), key=lambda node: node.lineno)[1:]
    ]

    assert blind == []


def test_what_is_done_again_is_one_transaction_and_nothing_else():
    """A call to a provider, a file, a password's hash would be done twice."""
    steps = [
        (path, function)
        for path in _OURS
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.AsyncFunctionDef)
        and "retry_on_deadlock" in map(ast.unparse, function.decorator_list)
    ]
    careless = [shown(path, step.lineno) for path, step in steps if not _is_one_transaction(step)]

    assert steps
    assert careless == []


def test_money_is_spent_in_one_place():
    """A job with a price is a charge: a limit on spending is worth nothing beside a second way to one."""
    priced = {
        str(path.relative_to(ROOT))
        for path in _OURS
        for name, call in calls(parsed(path))
        if name.split(".")[-1] == "JobRow" and {word.arg for word in call.keywords} & {"price_micros", None}
    }
    written = [
        values
        for path in _OURS
        for values in re.findall(r"INSERT INTO job\b[^)]*\)([^;]*?)FROM", path.read_text())
    ]

    assert priced == _MAY_PRICE_A_JOB
    assert [":price" in values for values in written] == [True]  # handed over, never copied


def test_rows_are_kept_no_longer_than_their_transaction():
    """A row that is kept can no longer be read once the transaction that read it has been undone."""
    keepers = [
        f"{shown(path)}:{node.lineno}"
        for path in _OURS
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Attribute)
        and re.search(r"\b\w+Row\b", ast.unparse(node.annotation))
    ]

    assert keepers == []


def _is_one_transaction(step: ast.AsyncFunctionDef) -> bool:
    """Tell whether a function waits for nothing but what is in its one transaction."""
    opened = [node for node in ast.walk(step) if isinstance(node, ast.AsyncWith)]
    inside = {node for block in opened for node in ast.walk(block)}
    waits = (node for node in ast.walk(step) if isinstance(node, ast.Await))
    return [ast.unparse(block.items[0].context_expr) for block in opened] == [
        "self._db.transaction()"
    ] and inside.issuperset(waits)


def _entered(tree: ast.AST) -> set[ast.AsyncWith]:
    """Return where a State is entered as it is."""
    return {
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncWith) and ast.unparse(node.items[0].context_expr) in {"self", "state"}
    }


def _tidying(tree: ast.AST) -> set[ast.AsyncWith]:
    """Return where that is done only to tidy up, whatever has happened."""
    tries = [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    last = [line for node in tries for line in node.finalbody]
    passing = [each for node in tries for each in node.handlers if _passes_on(each)]
    return {entered for part in (*last, *passing) for entered in _entered(part)}


def _catches_everything(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or ast.unparse(name) in {"Exception", "BaseException"} for name in names)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler only tidies up: its last word is to raise what it has caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_event(call: ast.Call) -> bool:
    """Tell whether a log line is an event's name and fields."""
    match call.args:
        case [ast.Constant(value=str(event))]:
            return _EVENT.fullmatch(event) is not None
        case _:
            return False


def _is_short(sleep: ast.Call) -> bool:
    """Tell whether a sleep may be a pause between two looks: short, or as long as our code says."""
    pause = ast.literal_eval(sleep.args[0]) if isinstance(sleep.args[0], ast.Constant) else 0.0
    return isinstance(pause, int | float) and pause <= _SHORT


def _calls_in_loops(tree: ast.Module) -> set[ast.Call]:
    """Return the calls that are made again and again."""
    loops = (node for node in ast.walk(tree) if isinstance(node, ast.While | ast.For | ast.AsyncFor))
    return {call for loop in loops for _, call in calls(loop)}


def _names_ours(target: ast.expr, tree: ast.Module) -> bool:
    """Tell whether the target of a patch is something of ours, by its dotted path or as an imported name."""
    if isinstance(target, ast.Constant):
        return str(target.value).startswith(_PACKAGES)
    return ast.unparse(target).split(".")[0] in _imported_from(_PACKAGES, tree)


def _imported_from(packages: str | tuple[str, ...], tree: ast.Module) -> set[str]:
    """Return the names that a file imports from packages of ours or what is below them."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(packages)
        for alias in node.names
    }
