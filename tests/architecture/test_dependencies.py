"""What we import, we ask for: nothing comes along with somebody else by chance."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.source import ROOT, parsed, python_files

_WITH_REFLEX = {
    "reflex-base",
    "reflex-components-core",
    "reflex-components-lucide",
}  # the parts of its pinned release
_WITH_FASTAPI = {"starlette", "anyio"}
_WITH_OPENAI = {"httpx2"}
_WITH_MCP = {"mcp-types"}  # of the same release


def test_everything_we_import_is_declared():
    """A fresh installation has what pyproject.toml names, and what that brings; the latter may change."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    provided_by = packages_distributions()

    undeclared = {
        name
        for path in python_files("sora_studio", "sora_sandbox", "alembic")
        for name in _imported(parsed(path))
        if name not in sys.stdlib_module_names
        and name not in {"sora_studio", "sora_sandbox", "alembic"}
        and not {canonicalize_name(each) for each in provided_by.get(name, [])}
        & (declared | _WITH_REFLEX | _WITH_FASTAPI | _WITH_OPENAI | _WITH_MCP)
    }

    assert undeclared == set()


def _imported(tree: ast.Module) -> set[str]:
    """Return the top-level names that a module imports."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level
    }
    return {name.split(".")[0] for name in names}
