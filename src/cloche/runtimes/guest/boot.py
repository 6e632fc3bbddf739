"""Load Cloche's guest code: fetch its files from the host, import them as `_cloche`, warm up.

The host runs this once, when the warm image is made. It leaves `_cloche` in this namespace
and nothing else.
"""


def _boot() -> None:
    import builtins
    import importlib.abc
    import importlib.machinery
    import json
    import sys
    import types

    import _host

    sources = json.loads(_host.call(b"B"))
    # Our functions resolve builtins here, so user code that rebinds `isinstance` does not reach us.
    own_builtins = dict(vars(builtins))

    class Files(importlib.abc.ExecutionLoader):
        """Import the modules of `_cloche` from the sources that the host sent."""

        def find_spec(
            self, name: str, path: object = None, target: object = None
        ) -> importlib.machinery.ModuleSpec | None:
            if self._key(name) not in sources:
                return None
            return importlib.machinery.ModuleSpec(name, self, is_package=self.is_package(name))

        def exec_module(self, module: types.ModuleType) -> None:
            vars(module)["__builtins__"] = own_builtins
            super().exec_module(module)

        def get_source(self, fullname: str) -> str:
            return sources[self._key(fullname)]

        def get_filename(self, fullname: str) -> str:
            return f"<cloche>/{self._key(fullname)}.py"

        def is_package(self, fullname: str) -> bool:
            return fullname == "_cloche"

        @staticmethod
        def _key(name: str) -> str:
            if name == "_cloche":
                return "__init__"
            package, _, module = name.partition(".")
            return module if package == "_cloche" and module else "?"

    sys.meta_path.insert(0, Files())
    try:
        for key in ["__init__", *sources]:
            if key != "boot":
                importlib.import_module("_cloche" if key == "__init__" else f"_cloche.{key}")
    finally:
        del sys.meta_path[0]


_boot()
del _boot

import _cloche  # noqa: E402

_cloche.warm()
