"""OpenAI's SDK, without the classes of its 1,400 objects until somebody needs one.

`import openai` makes all of them: more than half of its time, at every cold start. Our requests
take and give plain JSON, so the packages that hold these classes are put off until something of
theirs is asked for; what asks gets it, as ever. Whoever needs the SDK imports `openai` from here.
"""

import sys
import threading
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

PUT_OFF = ("openai.types", "openai.types.responses")
_loading = threading.RLock()


class PutOffModule(ModuleType):
    """A package that runs its code when an attribute is asked for that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with _loading:
            if not self.__dict__.get("_begun"):
                self._begun = True  # by its own imports it is asked again
                spec = self.__spec__
                assert spec is not None
                assert spec.loader is not None
                spec.loader.exec_module(self)
                self.__class__ = ModuleType  # type: ignore[assignment]  # loaded: a module like any
            try:
                return self.__dict__[name]
            except KeyError:
                text = f"module {self.__name__!r} has no attribute {name!r}"
                raise AttributeError(text) from None


def _put_off(names: tuple[str, ...]) -> None:
    root = find_spec("openai")
    assert root is not None
    places = {"openai": root.submodule_search_locations}
    for name in names:
        parent, _, last = name.rpartition(".")
        spec = PathFinder.find_spec(name, places[parent])
        assert spec is not None
        places[name] = spec.submodule_search_locations
        module = module_from_spec(spec)
        module.__class__ = PutOffModule
        sys.modules[name] = module
        if parent in sys.modules:
            setattr(sys.modules[parent], last, module)


if "openai" not in sys.modules:
    _put_off(PUT_OFF)
import openai  # noqa: E402  after what it would load at once was put off

__all__ = ["openai"]
