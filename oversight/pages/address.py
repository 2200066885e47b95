"""Addresses of the pages: the scope is the path, all choices are in the query. Pure."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from oversight.figures.counts import NATION, Scope, ScopeKind
from oversight.pages.months import Month, read_month
from oversight.pages.shown_figures import DEFAULT_FIGURE, FIGURES_BY_SLUG, ShownFigure
from pages.addresses import with_query

OVERSIGHT = "/pengawasan"
# Part of the path for each kind of scope.
KIND_PARTS: Mapping[ScopeKind, str] = {
    "province": "provinsi",
    "agency": "instansi",
    "topic": "topik",
    "programme": "program",
}
KINDS_BY_PART: Mapping[str, ScopeKind] = {part: kind for kind, part in KIND_PARTS.items()}
_LONGEST_SCOPE = 100


class View(NamedTuple):
    """What a page shows. `compared_month` stands beside `month`. `ranked`: what is ranked by the figure."""

    scope: Scope
    month: Month
    compared_month: Month
    figure: ShownFigure
    ranked: ScopeKind

    def address(self, base: str = OVERSIGHT, **changed: str) -> str:
        """Return the address of the page below `base`, with other values of its query if any are given."""
        query = {
            "bulan": str(self.month),
            "banding": str(self.compared_month),
            "ukuran": self.figure.slug,
            "peringkat": KIND_PARTS.get(self.ranked, ""),
            **changed,
        }
        return with_query(scope_path(self.scope, base), **query)

    def at(self, scope: Scope) -> "View":
        """Return the view of another scope, with the same choices."""
        return self._replace(scope=scope, ranked=default_ranking(scope))


def scope_path(scope: Scope, base: str = OVERSIGHT) -> str:
    """Return the path of a scope."""
    return base if scope.kind == "nation" else f"{base}/{KIND_PARTS[scope.kind]}/{quote(scope.value, safe='')}"


def read_scope(kind: str, value: str) -> Scope | None:
    """Return the scope of a path; `None` for an unknown kind. Without a kind it is the nation."""
    if not kind:
        return NATION
    if kind not in KINDS_BY_PART or not 0 < len(value) <= _LONGEST_SCOPE:
        return None
    return Scope(KINDS_BY_PART[kind], value)


class DefaultChoice(NamedTuple):
    """The figure, and what is ranked by it on the page of the nation, where a query does not say it."""

    figure: ShownFigure = DEFAULT_FIGURE
    ranked: ScopeKind = "province"


def read_view(
    scope: Scope, query: Mapping[str, str], current_month: Month, default: DefaultChoice | None = None
) -> View:
    """Return the view that a query names. A choice that is missing or invalid has its default."""
    default = default or DefaultChoice()
    month = read_month(query.get("bulan", "")) or current_month
    compared_month = read_month(query.get("banding", "")) or month.back(1)
    figure = FIGURES_BY_SLUG.get(query.get("ukuran", ""), default.figure)
    ranked = KINDS_BY_PART.get(query.get("peringkat", ""), default.ranked)
    if scope.kind != "nation":
        ranked = default_ranking(scope)
    return View(scope, month, compared_month, figure, ranked)


def default_ranking(scope: Scope) -> ScopeKind:
    """Return what a page ranks: provinces of the nation, agencies of a province; `nation` stands for nothing."""
    rankings: Mapping[ScopeKind, ScopeKind] = {"nation": "province", "province": "agency"}
    return rankings.get(scope.kind, "nation")
