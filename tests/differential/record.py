"""Record on a native 64-bit machine what the expressions come to; for maintainers.

    uv run --no-project --python 3.13 --with numpy==2.5.2 --with pandas==3.0.6 \\
        --with scipy==1.18.1 python -m tests.differential.record [AREA ...]
"""

from __future__ import annotations

import platform
import sys

from . import describe, expressions, recordings

PYTHON = (3, 13)


def main() -> None:
    found = describe.versions()
    if sys.version_info[:2] != PYTHON or found != recordings.VERSIONS:
        sys.exit(f"needs Python {PYTHON}, {recordings.VERSIONS}; this is {sys.version}, {found}")
    if sys.maxsize != 2**63 - 1 or platform.system() != "Linux":
        sys.exit(f"needs Linux on 64 bits; this is {platform.platform()}")
    for area in sys.argv[1:] or expressions.AREAS:
        texts = expressions.of(area)
        recordings.write(area, dict(zip(texts, describe.outcomes(texts), strict=True)))
        print(area, len(texts))


if __name__ == "__main__":
    main()
