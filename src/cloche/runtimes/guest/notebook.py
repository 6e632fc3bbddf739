"""What code written for a notebook imports: `IPython.display`, and a `pdb` that asks nobody."""

import importlib.abc
import importlib.machinery
import json
import sys
import types
from pathlib import Path

from .display import display
from .streams import stderr


class Rich:
    """Data that says how it is to be shown."""

    def __init__(
        self, data: object = None, url: object = None, filename: object = None, **_: object
    ) -> None:
        if filename is None and type(self)._is_file(data):
            filename, data = data, None
        if filename is not None:
            path = Path(filename)
            data = path.read_bytes() if isinstance(self, Image) else path.read_text()
        self.data = data if data is not None else url
        self.url, self.filename = url, filename

    @staticmethod
    def _is_file(data: object) -> bool:
        return False


class HTML(Rich):
    """HTML text."""

    def _repr_html_(self) -> object:
        return self.data


class Markdown(Rich):
    """Markdown text."""

    def _repr_markdown_(self) -> object:
        return self.data


class Latex(Rich):
    """LaTeX text."""

    def _repr_latex_(self) -> object:
        return self.data


class Math(Latex):
    """A formula."""


class SVG(Rich):
    """An SVG image."""

    def _repr_svg_(self) -> object:
        return self.data


class Image(Rich):
    """A PNG or JPEG image."""

    @staticmethod
    def _is_file(data: object) -> bool:
        return isinstance(data, (str, Path))

    def _repr_png_(self) -> object:
        return self.data if self._starts(b"\x89PNG") else None

    def _repr_jpeg_(self) -> object:
        return self.data if self._starts(b"\xff\xd8") else None

    def _starts(self, magic: bytes) -> bool:
        return isinstance(self.data, bytes) and self.data.startswith(magic)


class Plain(Rich):
    """Text that is shown as it is."""

    def __repr__(self) -> str:
        return self.data if isinstance(self.data, str) else json.dumps(self.data, default=repr)


class JSON(Plain):
    """Data that JSON can express."""


class Pretty(Plain):
    """Plain text."""


class Code(Plain):
    """Source text."""


class Javascript(Rich):
    """JavaScript, which nothing here runs."""


def clear_output(wait: bool = False) -> None:
    """Do nothing: what was shown stays."""


def get_ipython() -> None:
    """None, as outside of IPython."""


_SHOWN = (HTML, Markdown, Latex, Math, SVG, Image, JSON, Pretty, Code, Javascript)
for _each in _SHOWN:
    _each.__module__ = "IPython.display"
_SHIMS = {
    "IPython": {"get_ipython": get_ipython, "version_info": (0, 0), "__version__": "0.0"},
    "IPython.display": {each.__name__: each for each in _SHOWN}
    | {"display": display, "clear_output": clear_output},
}


def _quiet_debugger(pdb: types.ModuleType) -> None:
    def pass_over(*_: object, **__: object) -> None:
        stderr.write("the debugger was passed over: there is nobody to talk to it\n")

    pdb.set_trace = pdb.post_mortem = pdb.pm = pass_over


class _Finder(importlib.abc.MetaPathFinder):
    """Import what is really there, mended where need be, and a stand-in for what is not."""

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "pdb" and name not in _SHIMS:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            if name not in _SHIMS:
                return None
            spec = importlib.machinery.ModuleSpec(name, None, is_package=name == "IPython")
        if spec.loader is None or name == "pdb":
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, real: importlib.abc.Loader | None) -> None:
        self._real = real

    def exec_module(self, module: types.ModuleType) -> None:
        if self._real is None:
            vars(module).update(_SHIMS[module.__name__])
        else:
            self._real.exec_module(module)
            _quiet_debugger(module)

    def __getattr__(self, name: str) -> object:
        # For whoever asks the loader for the source of the module.
        return getattr(self._real, name)


def install() -> None:
    """Answer imports before the other finders do."""
    sys.meta_path.insert(0, _Finder())
