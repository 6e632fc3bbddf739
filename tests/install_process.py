"""A process that prepares: install_process.py CACHE CATALOG PAUSE_AT BUILD_COMMAND...

Prints progress, and at the end the digest or the error, as JSON lines. At the first report of the
stage PAUSE_AT it waits until its stdin closes, which a test uses to kill it right there.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from cloche.errors import ClocheError
from cloche.runtimes.catalog import Artifact, Catalog, Cost
from cloche.runtimes.install import prepare


def load(path):
    table = json.loads(path.read_text())
    cost = Cost(**table.pop("cost"))
    return Catalog(python=Artifact(documents=tuple(table.pop("documents")), cost=cost, **table))


def main(cache, catalog, pause_at, *build_command):
    def report(progress):
        print(json.dumps(asdict(progress)), flush=True)
        if progress.stage == pause_at:
            sys.stdin.read()

    try:
        runtime = prepare(
            Path(cache), report=report, catalog=load(Path(catalog)), build_command=build_command
        )
    except ClocheError as error:
        print(json.dumps({"error": str(error)}), flush=True)
    else:
        print(json.dumps({"digest": runtime.digest}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
