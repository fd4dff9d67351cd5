"""Modules that are not there: what a server's package imports for its GPU, and its routes never call."""

import importlib
import sys
import types
from abc import ABCMeta
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any


class _Kind(ABCMeta):
    """A class of which every attribute is another one, so that it can be a base, decorator or constant."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing(name)

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def __or__(cls, other: Any) -> Any:
        return cls

    def __ror__(cls, other: Any) -> Any:
        return cls

    def __getitem__(cls, key: Any) -> Any:
        return cls

    def __contains__(cls, key: Any) -> bool:
        return False


def _nothing(name: str) -> Any:
    return _Kind(name, (_Nothing,), {"__module__": __name__})


class _Nothing(metaclass=_Kind):
    def __init__(self, *_: Any, **__: Any) -> None:
        """Take anything."""

    def __init_subclass__(cls, **_: Any) -> None:
        """Take anything."""

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> dict[str, str]:
        return {"type": "any"}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing(name)()

    def __call__(self, *given: Any, **_: Any) -> Any:
        """Return what it decorates."""
        return given[0] if len(given) == 1 and callable(given[0]) else self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __getitem__(self, key: Any) -> Any:
        return self

    def __or__(self, other: Any) -> Any:
        return self

    def __lt__(self, other: Any) -> bool:
        return False

    def __ge__(self, other: Any) -> bool:
        return True


class _Module(types.ModuleType):
    real: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0.0.0"
        if name.startswith("__"):
            raise AttributeError(name)
        below = f"{self.__name__}.{name}"
        is_real = _is_within(below, self.real) or _is_above(below, self.real)
        value = importlib.import_module(below) if is_real else _nothing(name)
        setattr(self, name, value)
        return value


class _Stubs(MetaPathFinder, Loader):
    """Finds nothing behind the named packages, but for those parts of them that are to be real."""

    def __init__(self, packages: Sequence[str], real: Sequence[str]) -> None:
        """Remember the names."""
        self._packages, self._real = packages, real

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, _target: Any = None) -> Any:
        """Return a module of nothing for what is named, and a way through it to what is real below."""
        if not _is_within(fullname, self._packages) or _is_within(fullname, self._real):
            return None
        spec = ModuleSpec(fullname, self, is_package=True)
        found = PathFinder.find_spec(fullname, path) if _is_above(fullname, self._real) else None
        if found:
            spec.submodule_search_locations = found.submodule_search_locations
        return spec

    def create_module(self, spec: Any) -> types.ModuleType:
        """Make the module."""
        module = _Module(spec.name)
        module.real = self._real
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing in it."""


def _is_within(name: str, packages: Sequence[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in packages)


def _is_above(name: str, modules: Sequence[str]) -> bool:
    return any(each.startswith(f"{name}.") for each in modules)


def stub(*packages: str, real: Sequence[str] = ()) -> None:
    """Let every import of these packages succeed with nothing behind it, but for what is named as real."""
    sys.meta_path.insert(0, _Stubs(packages, real))


def put(module: str, **values: Any) -> None:
    """Give a module that is not there what is looked at in it."""
    vars(importlib.import_module(module)).update(values)
