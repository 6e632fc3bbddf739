"""Submitted code made ready to run: parsed, its last expression split off, its lines kept."""

import ast
import linecache
import re
from types import CodeType
from typing import NamedTuple

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_MAGIC = re.compile(r"\s*(?:[\w, ]+=\s*)?(?:([%!?]+)\s*(\w*)|pip3?\s+install\b)")
_QUESTION = re.compile(r"\s*([\w.]+)\s*\?{1,2}\s*$")
_INSTALL = "packages are installed with the install_package tool, not in the code"
_TIME = "use timeit.timeit(...), or the difference of two time.perf_counter()"
_LEAVE_OUT = "leave this line out: nothing here needs it"
_MAGIC_HELP = {
    **dict.fromkeys(("pip", "pip3", "conda", "mamba", "uv"), _INSTALL),
    **dict.fromkeys(("time", "timeit", "prun"), _TIME),
    **dict.fromkeys(("load_ext", "reload_ext", "autoreload", "config", "capture"), _LEAVE_OUT),
    **dict.fromkeys(
        ("bash", "sh", "script", "system", "sx", "ls"),
        "there is no shell; use Python instead, such as os.listdir() or pathlib",
    ),
    **dict.fromkeys(("who", "whos", "who_ls"), "dir() lists the names of the session"),
    "matplotlib": "leave this line out: plots are shown without it",
    "cd": "use os.chdir(...)",
    "pwd": "use os.getcwd()",
    "env": "use os.environ",
    "run": "use runpy.run_path(...)",
    "writefile": "use pathlib.Path(...).write_text(...)",
}
_OTHER_HELP = (
    ("```", "these are the fences of a Markdown block: send only the code between them"),
    (">>>", "these are an interpreter's prompts: send only the code behind them"),
)

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
        return _compile(code, filename)
    except IndentationError as error:
        dedented = _dedent(code)
        if dedented == code:
            _explain(error, code.split("\n"))
            raise
    except SyntaxError as error:
        _explain(error, code.split("\n"))
        raise
    return prepare(dedented, turn)


def _dedent(code: str) -> str:
    """`code` with its first line at the margin; lines of a text that lie further left stay."""
    lines = code.split("\n")
    first = next((line for line in lines if line.strip() and line.lstrip()[0] != "#"), "")
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join(line.removeprefix(indent) for line in lines)


def _compile(code: str, filename: str) -> Program:
    tree = compile(code, filename, "exec", _FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
    last, silent = None, False
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        statement = tree.body.pop()
        silent = ";" in code and _ends_with_semicolon(code, statement)
        tail = ast.Expression(statement.value)
        last = compile(tail, filename, "eval", _FLAGS, dont_inherit=True)
    body = None
    if tree.body:
        body = compile(tree, filename, "exec", _FLAGS, dont_inherit=True)
    return Program(filename, body, last, silent)


def _remember(filename: str, code: str) -> None:
    # No modification time: linecache then never looks for a file of this name.
    _lines[filename] = (len(code), None, [line + "\n" for line in code.split("\n")], filename)


def _ends_with_semicolon(code: str, statement: ast.stmt) -> bool:
    line = code.split("\n")[statement.end_lineno - 1].encode()
    return line[statement.end_col_offset :].lstrip().startswith(b";")


def _explain(error: SyntaxError, lines: list[str]) -> None:
    if error.lineno is None or not 0 < error.lineno <= len(lines):
        return
    line = lines[error.lineno - 1]
    if error.text is None:
        # The compiler, unlike the parser, has not seen the text.
        error.text = line
    for sign, help_text in _OTHER_HELP:
        if line.lstrip().startswith(sign):
            error.msg = f"invalid syntax: {help_text}"
            return
    match = _QUESTION.match(line)
    if match is not None:
        error.msg = f"IPython's ? does not exist here: write help({match[1]})"
        return
    match = _MAGIC.match(line)
    if match is None:
        return
    sign, word = match[1] or "", match[2] or "pip"
    default = (
        "there is no shell; use Python instead, such as os.listdir() or pathlib"
        if "!" in sign
        else "this is plain Python; leave this line out or write it in Python"
    )
    error.msg = f"IPython's % and ! commands do not exist here: {_MAGIC_HELP.get(word, default)}"
