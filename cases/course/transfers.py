"""Transfers of a case between institutions. Pure."""

from collections.abc import Iterable
from itertools import pairwise

from messages.topics import TRIAGE


def count_transfers(agencies: Iterable[str]) -> int:
    """Return how often a case went from one institution to another, by the agencies of its dispatches in order.

    Triage is no institution: an assignment from there is no transfer. Nor is a reopening at the same institution.
    """
    institutions = [agency for agency in agencies if agency != TRIAGE]
    return sum(agency != following for agency, following in pairwise(institutions))
