"""The institutions and units that an operator keeps, and the questions that routing asks of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.reference.folder import version_of
from language.phrase_index import PhraseIndex
from messages.topics import TRIAGE
from router.registry import agencies as agency_rows
from router.registry.agencies import Agency
from router.registry.units import UnitIndex


@dataclass(frozen=True, slots=True)
class Registry:
    """`agencies` have a queue each; `institutions` are these and the former ones, which have none.

    `name_index` finds institutions by their names, their nationwide units, and their former names. A name of a former
    institution with one successor names the successor. With several it names the former one: the topic decides.
    `digests` are the SHA-256 digests of the tables by name.
    """

    digests: Mapping[str, bytes]
    agencies: Mapping[str, Agency]
    institutions: Mapping[str, Agency]
    name_index: PhraseIndex[Agency]
    units: UnitIndex
    _current_by_code: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)
    _receiver_by_code: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the successors and the receiving agency of each institution: every report asks for several."""
        current = {code: agency_rows.current_institutions(code, self.institutions) for code in self.institutions}
        receivers = {code: agency_rows.receiving_agency(code, self.institutions) for code in self.institutions}
        object.__setattr__(self, "_current_by_code", current)
        object.__setattr__(self, "_receiver_by_code", receivers)

    @property
    def version(self) -> str:
        """The version of the tables, which changes with their content."""
        return version_of(self.digests.values())

    def name_of(self, code: str) -> str:
        """Return the name of an institution; the code itself if it is no longer in the registry."""
        institution = self.institutions.get(code)
        return institution.name if institution else code

    def current_institutions(self, code: str) -> tuple[str, ...]:
        """Return the institution itself, or its last successors, best first; nothing for an unknown code."""
        return self._current_by_code.get(code, ())

    def receiving_agency(self, code: str) -> str:
        """Return the connected agency that receives the complaints for a code; triage if there is none."""
        return self._receiver_by_code.get(code, TRIAGE)

    def find_receiving_agency(self, code: str) -> str | None:
        """Return the agency that receives the complaints for a code that a person gave.

        `None` if only triage would receive them and the code is not triage's.
        """
        agency = self.receiving_agency(code)
        return agency if agency != TRIAGE or code == TRIAGE else None
