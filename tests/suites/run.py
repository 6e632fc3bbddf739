"""Run numpy's, pandas' and scipy's own tests in the guest, and compare with the kept results.

    python run.py                           # all of them: two hours or more
    python run.py --sample                  # the files that `make test` runs: a minute or two
    python run.py numpy --files 'numpy/lib/**'
    python run.py pandas --update           # write results/pandas.toml

Ends with status 1 when a test fails that is not in the kept results.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import tomllib
from collections import Counter
from pathlib import Path

from guests import Outcomes, Suite, run_files
from kept import UNEXPLAINED, Kept, failures_of, totals_of
from sources import LIBRARIES, NotFetched, fetch

HERE = Path(__file__).parent


def main() -> int:
    """Run what the command line names; return the exit status."""
    arguments = _arguments()
    try:
        sources = fetch()
    except NotFetched as error:
        print(error, file=sys.stderr)
        return 1
    selection = tomllib.loads((HERE / "selection.toml").read_text("utf-8"))
    status = 0
    for library in arguments.libraries or LIBRARIES:
        chosen = selection[library]
        files = select(sources / "tree", chosen, sample=arguments.sample, only=arguments.files)
        run = _run(library, chosen["options"], files, sources, arguments)
        if arguments.update:
            _update(library, run, whole=not (arguments.sample or arguments.files))
        elif not _agrees(library, run):
            status = 1
    return status


def select(tree: Path, chosen: dict, *, sample: bool, only: list[str] | None) -> list[str]:
    """Return the files of a suite to run."""
    found = _matching(tree, chosen["files"])
    left_out = [file for entry in chosen.get("left_out", []) for file in entry["files"]]
    found -= _matching(tree, left_out)
    if sample:
        if missing := set(chosen["sample"]) - found:
            sys.exit(f"the sample names files that are not in the suite: {sorted(missing)}")
        return chosen["sample"]
    return sorted(found & _matching(tree, only) if only else found)


def _matching(tree: Path, patterns: list[str]) -> set[str]:
    return {
        path.relative_to(tree).as_posix()
        for pattern in patterns
        for path in tree.glob(pattern + "/*" if pattern.endswith("**") else pattern)
        if path.is_file()
    }


def _run(library: str, options: list[str], files: list[str], sources: Path, arguments) -> dict:
    run: dict[str, Outcomes] = {}
    started = time.monotonic()

    def report(file: str, outcomes: Outcomes) -> None:
        run[file] = outcomes
        counts = Counter(each["outcome"] for each in outcomes.values())
        counted = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        minutes, seconds = divmod(round(time.monotonic() - started), 60)
        line = f"{minutes:4}:{seconds:02} {len(run)}/{len(files)} {file}: {counted or 'no tests'}"
        print(line, file=sys.stderr, flush=True)
        if arguments.raw:
            (arguments.raw / f"{library}.json").write_text(json.dumps(run, indent=0), "utf-8")

    with tempfile.TemporaryDirectory() as work:
        asyncio.run(
            run_files(
                Suite(library, options),
                files,
                sources=sources,
                work=Path(work),
                guests=arguments.guests,
                report=report,
            )
        )
    return dict(sorted(run.items()))


def _update(library: str, run: dict, *, whole: bool) -> None:
    if not whole:
        sys.exit("--update needs a run of the whole suite, for its totals")
    kept = Kept.load(library)
    new, gone = kept.compare(run)
    kept.take(run)
    kept.save(run)
    print(f"{library}: kept {totals_of(run)}; {len(new)} new failures, {len(gone)} gone")
    print(f"{len(kept.unexplained())} under {UNEXPLAINED!r}")


def _agrees(library: str, run: dict) -> bool:
    kept = Kept.load(library)
    new, gone = kept.compare(run)
    for test in gone:
        print(f"fails no longer: {test}")
    for test, outcome in new.items():
        print(f"FAILS: {test}\n    {outcome['message']}")
    counts = totals_of(run)
    print(
        f"{library}: {counts.get('passed', 0)} passed, {len(failures_of(run))} failed, "
        f"{len(new)} of them not in results/{library}.toml"
    )
    return not new and bool(counts.get("passed"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help="numpy, pandas, scipy")
    parser.add_argument("--sample", action="store_true", help="only the files of the sample")
    parser.add_argument("--files", nargs="+", metavar="GLOB", help="only these files")
    parser.add_argument("--update", action="store_true", help="write the kept results anew")
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="write every outcome there")
    parser.add_argument("--guests", type=int, default=1, choices=[1, 2], help="guests at once")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
