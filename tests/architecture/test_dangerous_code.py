"""What must not be in the code: whatever could turn text from outside into code, queries, markup or trust."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from sora_studio.web import frontend
from tests.support.source import ROOT, calls, parsed, python_files, shown

_OURS = python_files("sora_studio", "sora_sandbox")
_STUDIO = python_files("sora_studio")
_SCRIPTS = sorted((ROOT / "assets/js").glob("*.js"))

_RUNS_TEXT = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "subprocess.getoutput"}
_UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "jinja2", "mako", "telnetlib", "xml"}
_CRYPTOGRAPHY = {"hashlib", "hmac", "secrets", "bcrypt", "jwt", "ssl"}
_OTHER_CRYPTOGRAPHY = {"Crypto", "cryptography", "nacl", "passlib", "argon2", "rsa", "ecdsa", "jose"}
_HASHES = {"sha256", "sha384", "sha512", "file_digest"}
_PATTERNS = {f"re.{name}" for name in ("compile", "match", "fullmatch", "search", "sub", "split", "findall")}
_OWN_TEMPLATES = {
    "sora_studio/log.py": "the method of a logging.Formatter",
    "sora_studio/ui/status_text.py": "sentences of its own tables",
}
_TRUSTS_ANYBODY = {"CERT_NONE", "_create_unverified_context"}
_MARKUP = r"insertAdjacentHTML|outerHTML|document\.write|\beval\(|new Function|createContextualFragment"
_PLUGINS = {"rx.html", "rx.markdown", "rx.el.object", "rx.el.embed", "rx.el.iframe", "rx.el.applet"}


def test_nothing_runs_a_shell_or_text_as_code():
    """Programs are started with lists of arguments; nothing is unpickled."""
    found = [
        shown(path, call.lineno)
        for path in _OURS
        for name, call in calls(parsed(path))
        if name in _RUNS_TEXT or any(each.arg == "shell" for each in call.keywords)
    ]
    found += [shown(path) for path in _OURS if _imports(path) & _UNSAFE_MODULES]

    assert found == []


def test_sql_is_written_by_us_alone():
    """What is put together is put together from constants, when a module is loaded; values are parameters."""
    found = [
        shown(path, call.lineno)
        for path in _STUDIO
        for name, call in _calls_in_functions(path)
        if (name in {"text", "sa.text"} or name.endswith((".execute", ".exec_driver_sql")))
        and call.args
        and not _is_constant(call.args[0])
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        and path.name != "listener.py"  # LISTEN takes no parameter, and both channels are constants
    ]

    assert found == []


def test_patterns_are_written_by_us_alone():
    """Words of settings that become part of one are escaped."""
    assert _with_foreign_text(lambda name, call: call.args[0] if name in _PATTERNS else None) == []


def test_templates_are_written_by_us_alone():
    """A text from outside is put into a template, and is none."""

    def template(name: str, call: ast.Call) -> ast.expr | None:
        is_format = isinstance(call.func, ast.Attribute) and name.endswith((".format", ".format_map"))
        return call.func.value if is_format and isinstance(call.func, ast.Attribute) else None

    found = [place for place in _with_foreign_text(template) if place.partition(":")[0] not in _OWN_TEMPLATES]

    assert found == []


def test_cryptography_is_from_known_libraries():
    """The standard library, bcrypt, PyJWT, and `cryptography` in one place; hashes of 256 bits and more."""
    found = [path for path in _STUDIO if _imports(path) & _OTHER_CRYPTOGRAPHY and path.name != "vault.py"]
    used = {
        node.attr
        for path in _STUDIO
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hashlib"
    }

    assert found == []
    assert used <= _HASHES


def test_chance_is_for_pauses_alone():
    """What nobody may guess comes from `secrets` and `uuid4`; `random` spreads tries over time."""
    assert [path.name for path in _STUDIO if "random" in _imports(path)] == [
        "engine.py",
        "deliverer.py",
    ]


def test_certificates_are_verified():
    """No client is told to trust anybody; what else is trusted is said in one place."""
    found = [
        shown(path, node.lineno)
        for path in _STUDIO
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in _TRUSTS_ANYBODY)
        or (isinstance(node, ast.keyword) and node.arg in {"verify", "check_hostname"})
        if not (path.name == "connection.py" and ast.unparse(node) == "verify=trusted")
    ]

    assert found == []


def test_pages_write_text_and_no_markup():
    """Scripts set text; the one piece of markup is a literal. Pages have neither raw HTML nor plugins."""
    scripts = {path: path.read_text(encoding="utf-8") for path in _SCRIPTS}
    found = [path.name for path, script in scripts.items() if re.search(_MARKUP, script)]
    written = [
        markup for script in scripts.values() for markup in re.findall(r"innerHTML\s*\+?=\s*([^;]+);", script)
    ]
    pages = [
        shown(path, call.lineno)
        for path in _STUDIO
        for name, call in calls(parsed(path))
        if name in _PLUGINS or any("inner_html" in (each.arg or "").lower() for each in call.keywords)
    ]

    assert (found, pages) == ([], [])
    assert [markup for markup in written if re.sub(r"'[^']*'|[\s+]", "", markup)] == []


def test_scripts_write_to_no_object_by_a_name_from_outside():
    """`object[name] = value` with the name `__proto__` changes every object: maps hold what is named."""
    by_name = re.compile(r"[\w)]\[(?!\d+\])[^\]'\"]+\]\s*=(?!=)|Object\.assign|for \((?:const|let) \w+ in ")
    found = [path.name for path in _SCRIPTS if by_name.search(path.read_text(encoding="utf-8"))]

    assert found == []


def test_password_fields_hide_and_may_be_filled_in():
    """By password managers and by pasting."""
    fields = [
        {each.arg: each.value for each in call.keywords}
        for path in _STUDIO
        for _, call in calls(parsed(path))
        if any(each.arg == "type" and ast.unparse(each.value) == "'password'" for each in call.keywords)
    ]
    assert fields
    assert [field for field in fields if "auto_complete" not in field or "on_paste" in field] == []


def test_what_is_served_is_built():
    """The folder that is served is the build: no checkout, no data, nothing that begins with a dot."""
    assert frontend.CLIENT != ROOT
    assert not ROOT.is_relative_to(frontend.CLIENT)
    assert frontend.CLIENT.is_relative_to(frontend.SERVED)


def _imports(path: Path) -> set[str]:
    """Return the first names of all modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def _calls_in_functions(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls that are made while the program runs, and not when it is loaded."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from calls(node)


def _with_foreign_text(of: Callable[[str, ast.Call], ast.expr | None]) -> list[str]:
    """Return the calls in functions that make a pattern or template of anything but our constants."""
    return [
        shown(path, call.lineno)
        for path in _STUDIO
        for name, call in _calls_in_functions(path)
        if (text := of(name, call)) is not None and not _is_constant(text)
    ]


def _is_constant(text: ast.expr) -> bool:
    """Tell whether a text consists of literals, constants in capitals, and what has been escaped."""
    if "re.escape" in ast.unparse(text) or isinstance(text, ast.Constant):
        return True
    if isinstance(text, ast.Name | ast.Attribute):
        return ast.unparse(text).rpartition(".")[2].isupper()
    if isinstance(text, ast.JoinedStr):
        return all(_is_constant(part) for part in text.values)
    if isinstance(text, ast.FormattedValue):
        return _is_constant(text.value)
    return isinstance(text, ast.BinOp) and _is_constant(text.left) and _is_constant(text.right)
