"""Statements as they lie in a file: cells of one session, each under a `# %% question` line."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
DATA, NATIVE = HERE / "data", HERE / "native"
FILES = sorted((HERE / "statements").glob("*.py"))
_MARK = "# %% "


@dataclass(frozen=True)
class Cell:
    """One statement: the question it answers, and its code."""

    question: str
    code: str

    @property
    def digest(self) -> str:
        """Tells a record of this very code from one of other code."""
        return hashlib.sha256(self.code.encode()).hexdigest()[:16]


def cells_of(path: Path) -> list[Cell]:
    """The cells of a file, in order; what comes before the first is none."""
    _, *parts = ("\n" + path.read_text(encoding="utf-8")).split("\n" + _MARK)
    split = (part.partition("\n") for part in parts)
    return [Cell(question, code.strip("\n") + "\n") for question, _, code in split]
