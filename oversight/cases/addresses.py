"""Addresses of the pages about single cases. Pure."""

from oversight.figures.counts import Scope
from oversight.pages.address import KIND_PARTS, OVERSIGHT
from pages.addresses import with_query

CASES = f"{OVERSIGHT}/kasus"
RECOMMENDATIONS = f"{OVERSIGHT}/rekomendasi"


def case_address(number: str, part: str = "") -> str:
    """Return the address of a case, or of a part of it. `number` is canonical."""
    return f"{CASES}/{number}{part}"


def cases_of_scope(scope: Scope) -> str:
    """Return the address of the page that finds cases, with the overdue ones of a scope."""
    if scope.kind == "nation":
        return CASES
    return with_query(CASES, lingkup=KIND_PARTS[scope.kind], kode=scope.value)
