"""What the figures open with for an overseer of each body. All have the same rights, and every page. Pure."""

from collections.abc import Mapping

from accounts.permissions import KSP, OMBUDSMAN
from oversight.pages.address import DefaultChoice
from oversight.pages.shown_figures import DEFAULT_FIGURE, FIGURES_BY_SLUG

_CHOICES: Mapping[str, DefaultChoice] = {
    # Priority programmes.
    KSP: DefaultChoice(DEFAULT_FIGURE, "programme"),
    # What is overdue, by institution; what was handed over stands in the table of figures.
    OMBUDSMAN: DefaultChoice(FIGURES_BY_SLUG["terlambat"], "agency"),
}


def default_choice(body: str) -> DefaultChoice:
    """Return the choice for a body. KemenPANRB and persons without a body see all, by province."""
    return _CHOICES.get(body, DefaultChoice())


def opens_ranking(body: str) -> bool:
    """Return whether the ranking stands open from the start."""
    return body in _CHOICES
