"""The result of resolving a spelling to an institution."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Resolution:
    """`institutions` are codes, best first: none if the spelling names none, or a unit without its place.

    `region` is the dotted code of the place that is named; it is empty without a place or with several. `unit` is the
    kind of unit as `units.csv` calls it. `matched_by` is `unplaced` for a unit whose place is not known.
    """

    institutions: tuple[str, ...] = ()
    region: str = ""
    unit: str = ""
    matched_by: Literal["name", "unit", "place", "unplaced", "nothing"] = "nothing"
