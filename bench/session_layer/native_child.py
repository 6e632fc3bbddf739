"""Native Python that takes turns: the child of `native.py`, run by an interpreter with pandas.

A JSON line on stdin has `statements` and `expression`; the answers are JSON lines: `begun`, then
`value` with the text of the expression, `interrupted`, or `failed`. All code shares one namespace.
What it prints is thrown away.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    namespace: dict[str, object] = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            print(json.dumps({"begun": True}), file=answers, flush=True)
            exec(request["statements"], namespace)
            value = eval(request["expression"] or "None", namespace)
            answer = {"value": str(value)}
        except KeyboardInterrupt:
            answer = {"interrupted": True}
        except Exception as error:  # noqa: BLE001 - the process edge: reported to the parent
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
