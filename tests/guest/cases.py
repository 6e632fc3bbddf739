"""Single-turn cases of the guest code: what a piece of Python must come back as.

Every case runs as the first turn of a fresh session with the default limits. A field that is
None is not compared; `result` NOTHING means that there must be none.
"""

from dataclasses import dataclass

NOTHING = "<no result>"


@dataclass(frozen=True)
class Case:
    id: str
    code: str
    status: str
    result: str | None = None
    stdout: str | None = None
    stderr_has: str | None = None
    error_type: str | None = None
    line: int | None = None
    error_has: str | None = None  # in the traceback


CASES = [
    # What a turn returns.
    Case("assignment has no result", "x = 1", "ok", NOTHING, ""),
    Case("last expression is the result", "x = 2\nx * 21", "ok", "42", ""),
    Case("None is no result", "None", "ok", NOTHING),
    Case("text shows as its repr", "'a\\nb'", "ok", "'a\\nb'"),
    Case("semicolon hides the result", "41 + 1;", "ok", NOTHING),
    Case("semicolon and comment hide the result", "41 + 1 ;  # shown not", "ok", NOTHING),
    Case("semicolon inside a string hides nothing", "';'", "ok", "';'"),
    Case("semicolon between statements hides nothing", "x = 1; x", "ok", "1"),
    Case("semicolon after a multi-line call", "max(\n  1,\n  2);", "ok", NOTHING),
    Case("only a comment", "# nothing", "ok", NOTHING, ""),
    Case("empty code", "", "ok", NOTHING, ""),
    Case("printed and returned", "print('out')\n7", "ok", "7", "out\n"),
    Case("underscore is the last value in the same namespace", "'_' in globals()", "ok", "False"),
    Case(
        "globals begin clean", "sorted(n for n in globals() if not n.startswith('__'))", "ok", "[]"
    ),
    Case("name is main", "__name__", "ok", "'__main__'"),
    Case("main is the user's module", "x = 5\nimport __main__\n__main__.x", "ok", "5"),
    Case("uniform indentation is taken off", "    x = 3\n    x + 1", "ok", "4"),
    Case("carriage returns", "x = 1\r\nif x:\r\n    x = 2\r\nx", "ok", "2"),
    Case("huge integer", "len(str(10 ** 4000))", "ok", "4001"),
    Case(
        "pickle of a class of the session",
        "import pickle\nclass P:\n    n = 4\npickle.loads(pickle.dumps(P())).n",
        "ok",
        "4",
    ),
    Case(
        "dataclass repr",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nP(3)",
        "ok",
        "P(x=3)",
    ),
    Case(
        "source of a function",
        "import inspect\ndef f():\n    return 1\ninspect.getsource(f)",
        "ok",
        "'def f():\\n    return 1\\n'",
    ),
    # Tables.
    Case(
        "frame shows as in a notebook",
        "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': [1234567.891, 0.5]})",
        "ok",
        "   a            b\n0  1  1234567.891\n1  2        0.500",
    ),
    Case(
        "series",
        "import pandas as pd\npd.Series([1.5, None], name='s')",
        "ok",
        "0    1.5\n1    NaN\nName: s, dtype: float64",
    ),
    Case(
        "wide frame is not folded",
        "import pandas as pd\nrepr(pd.DataFrame([range(1000, 1030)])).count('\\n')",
        "ok",
        "1",
    ),
    Case(
        "html only object shows its markup",
        "class H:\n    def _repr_html_(self):\n        return '<b>x</b>'\nH()",
        "ok",
        "<b>x</b>",
    ),
    Case("display prints text", "display(1, 'a')", "ok", NOTHING, "1\n'a'\n"),
    # Streams.
    Case(
        "stderr apart from stdout",
        "import sys\nprint('o')\nprint('e', file=sys.stderr)",
        "ok",
        None,
        "o\n",
        "e\n",
    ),
    Case("lone surrogate", "print('\\ud800')", "ok", None, "\\ud800\n"),
    Case("surrogate in the result", "'\\ud800'", "ok", "'\\ud800'"),
    Case(
        "bytes through the buffer",
        "import sys\nsys.stdout.buffer.write('hé\\n'.encode());",
        "ok",
        NOTHING,
        "hé\n",
    ),
    Case(
        "bytes to print are refused",
        "import sys\nsys.stdout.write(b'x')",
        "error",
        error_type="TypeError",
        line=2,
        error_has="write() argument must be str, not bytes",
    ),
    Case(
        "no terminal", "import sys\nsys.stdout.isatty(), sys.stdin.isatty()", "ok", "(False, False)"
    ),
    Case(
        "no file number",
        "import sys\nsys.stdout.fileno()",
        "error",
        error_type="UnsupportedOperation",
    ),
    Case(
        "closed stdout still prints",
        "import sys\nsys.stdout.close()\nprint('x')",
        "ok",
        None,
        "x\n",
    ),
    Case(
        "redirect",
        "import contextlib, io\nb = io.StringIO()\n"
        "with contextlib.redirect_stdout(b):\n    print('in')\nb.getvalue()",
        "ok",
        "'in\\n'",
        "",
    ),
    Case(
        "warning goes to stderr",
        "import warnings\nwarnings.warn('careful')",
        "ok",
        None,
        "",
        "UserWarning: careful",
    ),
    Case(
        "logging goes to stderr",
        "import logging\nlogging.warning('careful')",
        "ok",
        None,
        "",
        "WARNING:root:careful",
    ),
    Case("stdin is at its end", "import sys\nsys.stdin.read(), list(sys.stdin)", "ok", "('', [])"),
    # Errors.
    Case(
        "line of the error",
        "x = 1\n\n1 / 0",
        "error",
        NOTHING,
        error_type="ZeroDivisionError",
        line=3,
        error_has="    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero",
    ),
    Case(
        "line of the innermost frame",
        "def f():\n    return {}['k']\n\nf()",
        "error",
        error_type="KeyError",
        line=2,
        error_has="line 4, in <module>",
    ),
    Case(
        "line where a library was called",
        "import json\njson.loads('{')",
        "error",
        error_type="JSONDecodeError",
        line=2,
    ),
    Case(
        "traceback starts at the user's code",
        "1 / 0",
        "error",
        error_has='Traceback (most recent call last):\n  File "<turn 1>", line 1, in <module>\n',
    ),
    Case(
        "syntax error",
        "x = 1\ny = = 2",
        "error",
        error_type="SyntaxError",
        line=2,
        error_has="    y = = 2\n        ^\nSyntaxError: invalid syntax",
    ),
    Case(
        "syntax error of an inner text",
        "x = 1\neval('1 +')",
        "error",
        error_type="SyntaxError",
        line=2,
    ),
    Case("bad indentation", "x = 1\n  y = 2", "error", error_type="IndentationError", line=2),
    Case("null byte", "x = '\0'", "error", error_type="SyntaxError"),
    Case(
        "chained exceptions",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('bad') from e",
        "error",
        error_type="ValueError",
        line=4,
        error_has="The above exception was the direct cause",
    ),
    Case(
        "recursion is folded",
        "def f():\n    f()\nf()",
        "error",
        error_type="RecursionError",
        line=2,
        error_has="[Previous line repeated",
    ),
    Case(
        "broken str of an exception",
        "class E(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise E",
        "error",
        error_type="E",
    ),
    Case(
        "str of an exception that exits",
        "class E(Exception):\n    def __str__(self):\n        raise SystemExit(0)\nraise E",
        "error",
        error_type="E",
    ),
    Case(
        "broken repr of the result",
        "class R:\n    def __repr__(self):\n        1 / 0\nR()",
        "error",
        error_type="ZeroDivisionError",
        line=3,
    ),
    Case(
        "repr that is no text",
        "class R:\n    def __repr__(self):\n        return 1\nR()",
        "error",
        error_type="TypeError",
    ),
    Case(
        "exception group",
        "raise ExceptionGroup('g', [ValueError(1), KeyError(2)])",
        "error",
        error_type="ExceptionGroup",
        error_has="ValueError: 1",
    ),
    Case(
        "base exception group",
        "raise BaseExceptionGroup('g', [KeyboardInterrupt()])",
        "error",
        error_type="BaseExceptionGroup",
    ),
    Case("generator exit", "raise GeneratorExit", "error", error_type="GeneratorExit", line=1),
    Case(
        "own keyboard interrupt is an error",
        "raise KeyboardInterrupt",
        "error",
        error_type="KeyboardInterrupt",
        line=1,
    ),
    Case(
        "memory error",
        "x = [bytearray(2**30) for _ in range(5)]",
        "error",
        error_type="MemoryError",
    ),
    Case(
        "notes are shown",
        "e = ValueError('v')\ne.add_note('more')\nraise e",
        "error",
        error_has="ValueError: v\nmore",
    ),
    Case(
        "suggestion for a name",
        "value = 1\nvalu",
        "error",
        error_type="NameError",
        line=2,
        error_has="Did you mean: 'value'?",
    ),
    Case("assertion", "assert 1 == 2, 'no'", "error", error_type="AssertionError", error_has="no"),
    Case("exit", "print('a')\nexit()\nprint('b')", "ok", NOTHING, "a\n"),
    Case("exit with zero", "import sys\nsys.exit(0)", "ok", NOTHING),
    Case("exit with a code", "import sys\nsys.exit(3)", "error", error_type="SystemExit", line=2),
    Case(
        "exit with a message",
        "import sys\nsys.exit('bye')",
        "error",
        error_type="SystemExit",
        error_has="bye",
    ),
    # Hostile code.
    Case("stdout taken away", "import sys\nsys.stdout = None\nsys.stderr = None", "ok", NOTHING),
    Case("builtins emptied", "import builtins\nvars(builtins).clear()", "ok", NOTHING),
    Case("profiler left on", "import sys\nsys.setprofile(lambda *a: 1 / 0)\n", "error", line=2),
    Case(
        "builtins turned",
        "import builtins\nbuiltins.isinstance = builtins.len = builtins.eval = None\n3",
        "ok",
        "3",
    ),
    Case("modules emptied", "import sys\nsys.modules.clear()\n4", "ok", "4"),
    Case("modules replaced", "import sys\nsys.modules = {}\n4", "ok", "4"),
    Case("json broken", "import json\njson.dumps = json.JSONEncoder.encode = None\n5", "ok", "5"),
    Case("hooks broken", "import sys\nsys.displayhook = sys.excepthook = None\n6", "ok", "6"),
    Case(
        "excepthook is not asked",
        "import sys\nsys.excepthook = lambda *a: print('mine')\n1 / 0",
        "error",
        None,
        "",
        error_type="ZeroDivisionError",
    ),
    Case("trace function left on", "import sys\nsys.settrace(lambda *a: 1 / 0)\n", "ok"),
    Case("recursion limit left low", "import sys\nsys.setrecursionlimit(60)\n7", "ok", "7"),
    Case(
        "output folder is a file",
        "open('/workspace/output', 'w').close()\nprint('x' * 3_000_000)",
        "ok",
    ),
    Case(
        "class of an exception lies about itself",
        "class M(type):\n    __name__ = property(lambda c: 1 / 0)\n"
        "class E(Exception, metaclass=M): pass\nraise E('x')",
        "error",
        error_type="E",
    ),
    Case(
        "exception that answers to nothing",
        "class E(Exception):\n    def __getattribute__(self, name):\n        raise BaseException\n"
        "raise E",
        "error",
        error_type="E",
    ),
    Case("globals cleared", "globals().clear()\n", "ok", NOTHING),
    Case("globals cleared before the result", "globals().clear()\ndisplay(1)\n2", "ok", "2", "1\n"),
    Case(
        "deep recursion",
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n):\n    return n and 1 + f(n - 1)\n"
        "f(15000), sys.getrecursionlimit()",
        "ok",
        "(15000, 100000)",
    ),
    Case(
        "return outside a function",
        "return 5",
        "error",
        error_type="SyntaxError",
        line=1,
        error_has="    return 5\n    ^",
    ),
    Case(
        "socket",
        "import socket\nsocket.socket()",
        "error",
        error_type="OSError",
        line=2,
        error_has="no network",
    ),
    Case(
        "process pool",
        "from multiprocessing import Pool\nPool(2)",
        "error",
        line=2,
        error_has="no processes",
    ),
    Case("progress bar", "from tqdm import tqdm\nsum(tqdm([1, 2]))", "ok", "3", "", "100%"),
    Case(
        "image is shown beside its repr",
        "from PIL import Image\nrepr(Image.new('RGB', (2, 2)))[:22]",
        "ok",
        "'<PIL.Image.Image image'",
    ),
    Case(
        "broken image data is left out",
        "class S:\n    def _repr_png_(self):\n        return b'x'\n"
        "    def __repr__(self):\n        return 'S'\nS()",
        "ok",
        "S",
        None,
        "not shown",
    ),
    Case(
        "figure as the result",
        "import matplotlib.pyplot as plt\nplt.figure()",
        "ok",
        "<Figure size 640x480 with 0 Axes>",
    ),
    Case(
        "a figure that cannot be drawn",
        "import matplotlib.pyplot as plt\nplt.title('$\\\\frac{x$');",
        "ok",
        NOTHING,
        "",
        "figure 1 could not be drawn",
    ),
    Case(
        "shown without a warning",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "ok",
        NOTHING,
        "",
    ),
    Case("deep nesting", "(" * 50 + "1" + ")" * 50, "ok", "1"),
    Case(
        "too deep nesting",
        "(" * 300 + "1" + ")" * 300,
        "error",
        error_type="MemoryError",
        error_has="too complex to parse",
    ),
    # asyncio.
    Case("await at the top", "import asyncio\nawait asyncio.sleep(0.001, 'done')", "ok", "'done'"),
    Case(
        "async for at the top",
        "async def g():\n    yield 1\n    yield 2\n[x async for x in g()]",
        "ok",
        "[1, 2]",
    ),
    Case(
        "error in awaited code",
        "async def f():\n    1 / 0\nawait f()",
        "error",
        error_type="ZeroDivisionError",
        line=2,
        error_has='Traceback (most recent call last):\n  File "<turn 1>", line 3, in <module>\n',
    ),
    Case(
        "asyncio.run",
        "import asyncio\nasync def f(n):\n    await asyncio.sleep(0.001)\n    return n\n"
        "async def main():\n    return await asyncio.gather(f(1), f(2))\nasyncio.run(main())",
        "ok",
        "[1, 2]",
    ),
    Case(
        "asyncio timeout",
        "import asyncio\nasync with asyncio.timeout(0.01):\n    await asyncio.sleep(9)",
        "error",
        error_type="TimeoutError",
    ),
    Case(
        "asyncio queue and tasks",
        "import asyncio\nq = asyncio.Queue()\nasync def put():\n"
        "    for i in range(3):\n        await q.put(i)\nt = asyncio.create_task(put())\n"
        "[await q.get() for _ in range(3)]",
        "ok",
        "[0, 1, 2]",
    ),
    Case(
        "to_thread runs in place", "import asyncio\nawait asyncio.to_thread(sum, [1, 2])", "ok", "3"
    ),
    Case(
        "waiting for nothing ends",
        "import asyncio\nasyncio.run(asyncio.Event().wait())",
        "error",
        error_type="RuntimeError",
        error_has="can never happen",
    ),
    # What is not there.
    Case(
        "input",
        "name = input('name? ')",
        "error",
        None,
        "name? ",
        error_type="EOFError",
        error_has="nobody",
    ),
    Case("breakpoint goes on", "breakpoint()\n8", "ok", "8", None, "breakpoint()"),
    Case(
        "help prints",
        "help(len)",
        "ok",
        NOTHING,
        "Help on built-in function len in module builtins:\n\nlen(obj, /)\n"
        "    Return the number of items in a container.\n\n",
    ),
    Case(
        "thread",
        "import threading\nthreading.Thread(target=print).start()",
        "error",
        error_type="RuntimeError",
        line=2,
        error_has="no threads",
    ),
    Case(
        "thread pool runs in place",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool:\n    values = list(pool.map(abs, [-1, -2]))\nvalues",
        "ok",
        "[1, 2]",
    ),
    Case(
        "process",
        "import subprocess\nsubprocess.run(['ls'])",
        "error",
        line=2,
        error_has="no processes",
    ),
    Case(
        "network",
        "import urllib.request\nurllib.request.urlopen('http://example.com')",
        "error",
        error_type="URLError",
        error_has="no network",
    ),
    Case(
        "pip magic",
        "%pip install requests",
        "error",
        error_type="SyntaxError",
        line=1,
        error_has="install_package",
    ),
    Case(
        "shell magic", "x = 1\n!ls", "error", error_type="SyntaxError", line=2, error_has="no shell"
    ),
    Case(
        "missing module",
        "import nothing_of_the_kind",
        "error",
        error_type="ModuleNotFoundError",
        line=1,
        error_has="install_package",
    ),
    # The workspace.
    Case("relative paths are in the workspace", "import os\nos.getcwd()", "ok", "'/workspace'"),
    Case(
        "module written in the workspace",
        "open('mine.py', 'w').write('n = 9')\nimport mine\nmine.n",
        "ok",
        "9",
    ),
]
