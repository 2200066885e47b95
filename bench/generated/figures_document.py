"""Writes `docs/figures.md` from the definitions of the figures.

`make figures` writes the file; with `--check` the committed file is compared with the code.
"""

import sys
from collections.abc import Iterator

from bench.generated.files import ROOT, write_or_check
from oversight.figures import definitions
from oversight.figures.definitions import FIGURES, FigureDefinition

FILE = ROOT / "docs" / "figures.md"
_INTRODUCTION = """\
# Figures

Twelve figures, as `satupintu figures` prints them and the pages for overseers show them. This page is made of
`oversight/figures/definitions.py` by `make figures`.

"""
_AGENCIES = {
    "first": "the first agency that got the case; triage, while none has",
    "answering": "the agency that let the first deadline pass, or that answered, or that must answer",
    "current": "the agency that has the case now",
}


def main() -> int:
    """Write the page, or compare with `--check`; return the exit code."""
    return write_or_check({FILE: figures_document()}, "figures")


def figures_document() -> str:
    """Return the page as Markdown."""
    return _INTRODUCTION + _common_rules() + "".join(line for figure in FIGURES for line in _section(figure))


def _common_rules() -> str:
    """Return the rules that all figures have in common: the docstring of the definitions without its first sentence."""
    _, _, rules = (definitions.__doc__ or "").partition("\n\n")
    return f"{rules.rstrip()}\n"


def _section(figure: FigureDefinition) -> Iterator[str]:
    yield f"\n## {figure.title}\n\n"
    yield f"* Key: {', '.join(f'`{key}`' for key in figure.keys)}\n"
    yield f"* Numerator: {figure.numerator}.\n"
    yield f"* Denominator: {figure.denominator}.\n"
    yield f"* Cohort: {figure.cohort}.\n"
    yield f"* Unit: {figure.unit}.\n"
    yield f"* Figures of one agency count {_AGENCIES[figure.agency]}.\n"


if __name__ == "__main__":
    sys.exit(main())
