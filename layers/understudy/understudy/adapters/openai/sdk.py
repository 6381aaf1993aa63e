"""OpenAI's SDK with lazily imported types. Import `openai` from here.

`import openai` creates 1,400 classes, which takes more than half of its time in every cold start.
The adapters' requests use plain JSON, so the packages of these classes are imported when one of
their attributes is used for the first time.
"""

import sys
import threading
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

LAZY = ("openai.types", "openai.types.responses")
_loading = threading.RLock()


class LazyModule(ModuleType):
    """A package that is imported when one of its attributes is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with _loading:
            if not self.__dict__.get("_begun"):
                self._begun = True  # its own imports use its attributes again
                spec = self.__spec__
                assert spec is not None
                assert spec.loader is not None
                spec.loader.exec_module(self)
                self.__class__ = ModuleType  # type: ignore[assignment]  # loaded: an ordinary module
            try:
                return self.__dict__[name]
            except KeyError:
                text = f"module {self.__name__!r} has no attribute {name!r}"
                raise AttributeError(text) from None


def _make_lazy(names: tuple[str, ...]) -> None:
    root = find_spec("openai")
    assert root is not None
    places = {"openai": root.submodule_search_locations}
    for name in names:
        parent, _, last = name.rpartition(".")
        spec = PathFinder.find_spec(name, places[parent])
        assert spec is not None
        places[name] = spec.submodule_search_locations
        module = module_from_spec(spec)
        module.__class__ = LazyModule
        sys.modules[name] = module
        if parent in sys.modules:
            setattr(sys.modules[parent], last, module)


if "openai" not in sys.modules:
    _make_lazy(LAZY)
import openai  # noqa: E402  after its types were made lazy

__all__ = ["openai"]
