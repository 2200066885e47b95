"""Writes `docs/figures.md` from the definitions of the figures.

`python -m app.figures_document` writes the file; with `--check` it compares the committed file with the code.
"""

import sys
from pathlib import Path

from app.generated_files import write_or_check
from oversight.figures.document import figures_document

FILE = Path(__file__).parent.parent / "docs" / "figures.md"


def main() -> int:
    """Write the page, or compare with `--check`; return the exit code."""
    return write_or_check({FILE: figures_document()}, "figures")


if __name__ == "__main__":
    sys.exit(main())
