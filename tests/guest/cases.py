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
    Case(
        "display with a notebook's options",
        "h = display(1, display_id=True)\nh.update(2)\ndisplay({'text/plain': 'p'}, raw=True)",
        "ok",
        NOTHING,
        "1\n2\np\n",
    ),
    Case(
        "markdown only object",
        "class M:\n    def _repr_markdown_(self):\n        return '# x'\nM()",
        "ok",
        "# x",
    ),
    Case(
        "object that shows itself",
        "class O:\n    def _ipython_display_(self):\n        print('own')\ndisplay(O())\nO()",
        "ok",
        NOTHING,
        "own\nown\n",
    ),
    Case(
        "bundle of looks",
        "class B:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/html': '<b>x</b>', 'text/plain': 'x'}, {}\nB()",
        "ok",
        "x",
    ),
    Case(
        "one broken look is told, and another shown",
        "class B:\n    def _repr_png_(self):\n        1 / 0\n"
        "    def __repr__(self):\n        return 'B'\nB()",
        "ok",
        "B",
        None,
        "_repr_png_ failed: ZeroDivisionError",
    ),
    Case(
        "styled table is text",
        "import pandas as pd\n"
        "pd.DataFrame({'a': [1, 22], 'b': [0.5, 0.25]}).style.format({'b': '{:.0%}'})",
        "ok",
        "    a    b\n0   1  50%\n1  22  25%",
    ),
    Case(
        "names of IPython.display",
        "from IPython.display import HTML, Markdown, clear_output, display\n"
        "display(Markdown('# x'))\nclear_output()\nHTML('<b>y</b>')",
        "ok",
        "<b>y</b>",
        "# x\n",
    ),
    Case(
        "pandas shows versions, also that of IPython",
        "import contextlib, io\nimport pandas as pd\n"
        "with contextlib.redirect_stdout(io.StringIO()) as said: pd.show_versions()\n"
        "[line for line in said.getvalue().splitlines() if line.startswith('numpy ')]",
        "ok",
        "['numpy                 : 2.5.2']",
    ),
    Case(
        "markup as long as an animation is saved",
        "from IPython.display import HTML\nHTML('x' * 100_000)",
        "ok",
        "<100000 characters of markup, saved as output/turn-1-1.html>",
    ),
    Case(
        "image in a mode that PNG does not have",
        "from PIL import Image\nImage.new('CMYK', (2, 2)).show()\nimport os\nos.listdir('plots')",
        "ok",
        "['turn-1-1.png']",
    ),
    Case(
        "animation says how to keep it",
        "import matplotlib.pyplot as plt\nfrom matplotlib.animation import FuncAnimation\n"
        "fig, ax = plt.subplots()\nanim = FuncAnimation(fig, lambda i: ax.plot([i]), frames=2)\n"
        "display(anim)\nimport os\nlen(anim.to_jshtml()) > 1000, os.listdir('plots')",
        "ok",
        "(True, ['turn-1-1.png'])",
    ),
    Case(
        "video",
        "import matplotlib.pyplot as plt\nfrom matplotlib.animation import FuncAnimation\n"
        "fig, ax = plt.subplots()\n"
        "FuncAnimation(fig, lambda i: ax.plot([i]), frames=2).to_html5_video()",
        "error",
        line=4,
        error_has="makes no videos",
    ),
    Case(
        "backend that needs a screen",
        "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1])\nplt.show()\nimport os\nos.listdir('plots')",
        "ok",
        "['turn-1-1.png']",
    ),
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
        "limit",
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
    Case(
        "indented code with a text that is not",
        "    x = '''a\n  b'''\n    x",
        "ok",
        "'a\\n  b'",
    ),
    Case("error in indented code", "  x = = 3", "error", error_type="SyntaxError", line=1),
    Case(
        "a warning is told once",
        "import contextlib, io, warnings\ndef f():\n    warnings.warn('careful')\n"
        "with contextlib.redirect_stderr(io.StringIO()) as e:\n    for _ in range(3):\n"
        "        f()\ne.getvalue().count('UserWarning: careful')",
        "ok",
        "1",
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
        "task group and queue",
        "import asyncio\nasync def main():\n    q, got = asyncio.Queue(1), []\n"
        "    async def put():\n        for i in range(3):\n            await q.put(i)\n"
        "    async def get():\n        for _ in range(3):\n            got.append(await q.get())\n"
        "    async with asyncio.TaskGroup() as tasks:\n"
        "        tasks.create_task(put())\n        tasks.create_task(get())\n"
        "    return got\nasyncio.run(main())",
        "ok",
        "[0, 1, 2]",
    ),
    Case(
        "loop asked for without one",
        "import asyncio\nloop = asyncio.get_event_loop()\n"
        "loop.run_until_complete(asyncio.sleep(0.001, 5))",
        "ok",
        "5",
    ),
    Case(
        "asyncio.run where a loop runs",
        "import asyncio\nawait asyncio.sleep(0)\nasyncio.run(asyncio.sleep(0))",
        "error",
        error_type="RuntimeError",
        line=3,
        error_has="await main()",
    ),
    Case(
        "coroutine that was not awaited",
        "import asyncio\nasyncio.sleep(0)",
        "ok",
        None,
        None,
        "write `await`",
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
    Case("debugger goes on", "import pdb\npdb.set_trace()\n8", "ok", "8", None, "passed over"),
    Case("interactive help ends", "help()\n9", "ok", "9"),
    Case("interpreter within ends", "import code\ncode.interact()\n9", "ok", "9"),
    Case("no browser", "import webbrowser\nwebbrowser.open('http://a')", "ok", "False"),
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
        "wait with a timeout",
        "import queue, threading\nthreading.Event().wait(0.01), queue.SimpleQueue().qsize(), "
        "threading.Lock().acquire(timeout=0.01), threading.Semaphore(0).acquire(timeout=0.01)",
        "ok",
        "(False, 0, True, False)",
    ),
    *(
        Case(
            f"waiting for ever: {name}",
            code,
            "error",
            error_type="RuntimeError",
            line=2,
            error_has="wait for ever",
        )
        for name, code in {
            "event": "import threading\nthreading.Event().wait()",
            "lock": "import threading\nk = threading.Lock(); k.acquire(); k.acquire()",
            "lock entered twice": "from threading import Lock\nwith (k := Lock()), k: pass",
            "queue": "import queue\nqueue.Queue().get()",
            "simple queue": "import queue\nqueue.SimpleQueue().get()",
            "future": "from concurrent.futures import Future\nFuture().result()",
        }.items()
    ),
    Case(
        "lock held is not acquired",
        "import threading\nk = threading.Lock()\nwith k:\n"
        "    held = k.locked(), k.acquire(False), k.acquire(timeout=0.01)\nheld, k.locked()",
        "ok",
        "((True, False, False), False)",
    ),
    Case(
        "queue times out",
        "import queue\nqueue.Queue().get(timeout=0.01)",
        "error",
        error_type="Empty",
    ),
    Case(
        "pool of threads",
        "from multiprocessing.pool import ThreadPool\nThreadPool(2)",
        "error",
        line=2,
        error_has="ThreadPoolExecutor",
    ),
    Case(
        "pool of processes",
        "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor()",
        "error",
        line=2,
        error_has="ThreadPoolExecutor",
    ),
    Case(
        "secure network",
        "import urllib.request\nurllib.request.urlopen('https://example.com')",
        "error",
        error_has="no network",
    ),
    Case(
        "module that needs a system",
        "import fcntl",
        "error",
        error_type="ModuleNotFoundError",
        error_has="this sandbox does not have",
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
    Case("nothing to unnest", "import nest_asyncio", "error", error_has="Nothing here needs it"),
    *(
        Case(f"no IPython: {code!r}", code, "error", error_type="SyntaxError", error_has=help_text)
        for code, help_text in {
            "%matplotlib inline": "plots are shown without it",
            "%timeit sum([1])": "timeit.timeit",
            "%%time\nx = 1": "perf_counter",
            "%%bash\nls": "no shell",
            "files = !ls": "no shell",
            "!pip install x": "install_package",
            "pip install x": "install_package",
            "%cd x": "os.chdir",
            "    %load_ext x": "leave this line out",
            "len?": "help(len)",
            "```python\n1\n```": "fences",
            ">>> 1": "prompts",
        }.items()
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
