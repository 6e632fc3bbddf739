"""Submitted code made ready to run: parsed, its last expression split off, its lines kept."""

import ast
import linecache
import re
import textwrap
from types import CodeType
from typing import NamedTuple

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_MAGIC = re.compile(r"\s*(?:[\w, ]+=\s*)?(?:([%!?]+)\s*(\w*)|(pip3?)\s+install\b)")
_MAGIC_HELP = {
    "pip": "packages are installed with the install_package tool, not with pip in the code",
    "matplotlib": "leave this line out: plots are shown without it",
}

_lines = linecache.cache


class Program(NamedTuple):
    """One turn's code: statements, then perhaps an expression whose value is the result."""

    filename: str
    body: CodeType | None
    last: CodeType | None
    silent: bool


def filename_of(turn: int) -> str:
    """The file name that this turn's code has in tracebacks."""
    return f"<turn {turn}>"


def prepare(code: str, turn: int) -> Program:
    """Compile a turn's code. SyntaxError and its kin are the caller's."""
    filename = filename_of(turn)
    if "\r" in code:
        code = code.replace("\r\n", "\n").replace("\r", "\n")
    _remember(filename, code)
    try:
        tree = _parse_tree(code, filename)
    except IndentationError:
        dedented = textwrap.dedent(code)
        if dedented == code:
            raise
        code = dedented
        _remember(filename, code)
        tree = _parse_tree(code, filename)
    except SyntaxError as error:
        _explain_magic(error, code)
        raise
    last, silent = None, False
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        statement = tree.body.pop()
        silent = ";" in code and _ends_with_semicolon(code, statement)
        last = _compile(ast.Expression(statement.value), filename, "eval")
    body = _compile(tree, filename, "exec") if tree.body else None
    return Program(filename, body, last, silent)


def _parse_tree(code: str, filename: str) -> ast.Module:
    return compile(code, filename, "exec", _FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)


def _compile(tree: ast.AST, filename: str, mode: str) -> CodeType:
    return compile(tree, filename, mode, _FLAGS, dont_inherit=True)


def _remember(filename: str, code: str) -> None:
    # No modification time: linecache then never looks for a file of this name.
    _lines[filename] = (len(code), None, [line + "\n" for line in code.split("\n")], filename)


def _ends_with_semicolon(code: str, statement: ast.stmt) -> bool:
    line = code.split("\n")[statement.end_lineno - 1].encode()
    return line[statement.end_col_offset :].lstrip().startswith(b";")


def _explain_magic(error: SyntaxError, code: str) -> None:
    lines = code.split("\n")
    if error.lineno is None or not 0 < error.lineno <= len(lines):
        return
    match = _MAGIC.match(lines[error.lineno - 1])
    if match is None:
        return
    sign, word = match[1] or "", match[2] or ("pip" if match[3] else "")
    if word.startswith("pip") or word in ("conda", "mamba", "uv"):
        word = "pip"
    default = (
        "there is no shell; use Python instead, such as os.listdir() or pathlib"
        if "!" in sign
        else "this is plain Python; leave this line out or write it in Python"
    )
    error.msg = f"IPython's % and ! commands do not exist here: {_MAGIC_HELP.get(word, default)}"
