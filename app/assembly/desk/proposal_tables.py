"""Builds what the desk needs to propose units."""

from collections.abc import Callable

from app.assembly.parts import Parts
from desk.units.kinds import UnitKinds
from desk.units.proposals import ProposalTables
from router.registry.registry import Registry


def proposal_tables(parts: Parts) -> ProposalTables:
    """Return the tables in force."""
    return ProposalTables(CurrentUnitKinds(lambda: parts.registry), lambda: parts.tables.regions)


class CurrentUnitKinds:
    """The kinds of units by the registry in force. They are made again only when that is another one."""

    def __init__(self, registry: Callable[[], Registry]) -> None:
        self._registry = registry
        self._made: tuple[Registry, UnitKinds] | None = None

    def __call__(self) -> UnitKinds:
        """Return the kinds, by the spellings that say which one is meant (not `dinas …`)."""
        registry = self._registry()
        if self._made is None or self._made[0] is not registry:
            spellings = {unit.pattern: unit.name for unit in registry.units.all if not unit.is_open}
            self._made = registry, UnitKinds(spellings)
        return self._made[1]
