"""Names of the scopes that pages show: provinces, institutions, topics and programmes of the tables in force."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from config.reference.regions import Regions
from config.time_zones import agency_region
from messages.topics import TRIAGE
from oversight.figures.counts import Scope
from pages.translation.message import message as _
from pages.wording.cases import topic_label

_NATION = _("Indonesia")
_TRIAGE = _("Triase (belum ada instansi)")
_PROVINCE_DIGITS = 2


@dataclass(frozen=True, slots=True)
class ScopeNames:
    """`institutions` returns names by code, `topics` and `programmes` by id."""

    institutions: Callable[[], Mapping[str, str]]
    regions: Callable[[], Regions]
    topics: Callable[[], Mapping[str, str]]
    programmes: Callable[[], Mapping[str, str]]

    def name(self, scope: Scope) -> str:
        """Return the name of a scope; its code if no table has it any more."""
        if scope.kind == "nation":
            return _NATION
        if scope.kind == "province":
            region = self.regions().get(scope.value)
            return region.name if region else scope.value
        if scope.kind == "topic":
            return topic_label(self.topics(), scope.value)
        if scope.kind == "programme":
            return self.programmes().get(scope.value, scope.value)
        return _TRIAGE if scope.value == TRIAGE else self.institutions().get(scope.value, scope.value)

    def is_known(self, scope: Scope) -> bool:
        """Return whether a table has the scope."""
        if scope.kind == "province":
            return "." not in scope.value and self.regions().get(scope.value) is not None
        if scope.kind == "topic":
            return scope.value in self.topics()
        if scope.kind == "programme":
            return scope.value in self.programmes()
        return scope.kind == "nation" or scope.value == TRIAGE or scope.value in self.institutions()

    def provinces(self) -> Sequence[tuple[str, str]]:
        """Return code and name of each province, by name."""
        return [(region.code, region.name) for region in self.regions().children()]


def agency_province(agency: str) -> str:
    """Return the code of the province of a regional agency; "" for a national one and triage."""
    return agency_region(agency)[:_PROVINCE_DIGITS]
