"""Writes `docs/figures.md` from the definitions of the figures.

`make figures` writes the file; with `--check` the committed file is compared with the code.
"""

import sys

from bench.generated.files import ROOT, write_or_check
from oversight.figures.document import figures_document

FILE = ROOT / "docs" / "figures.md"


def main() -> int:
    """Write the page, or compare with `--check`; return the exit code."""
    return write_or_check({FILE: figures_document()}, "figures")


if __name__ == "__main__":
    sys.exit(main())
