"""Finds the kinds of units that a report is for, such as `puskesmas`. Pure; does not decide for which institution.

The institution maps a kind to one of its own units.
"""

from messages.shapes import UnitKind
from router.evidence.evidence import CollectedEvidence
from router.evidence.place_evidence import ADDRESS_UNITS
from router.registry.units import UnitIndex

_MAX_KINDS = 5


def find_unit_kinds(collected: CollectedEvidence, topic: str, units: UnitIndex) -> tuple[UnitKind, ...]:
    """Return the kinds that the report names, then the others that handle its topic; none if nothing tells.

    Of the kinds that a report names, only those count that handle its topic, if some kind does: “Pak Lurah sudah tahu,
    sampah tetap menumpuk” is not for the lurah. An office of a district counts only for its topic, or without any.
    """
    handling = units.kinds_for(topic)
    kinds: dict[str, UnitKind] = {}
    for mention in collected.units:
        kind = mention.unit.name
        counts = kind in handling if handling else not topic or kind not in ADDRESS_UNITS
        if counts and not mention.unit.is_open and kind not in kinds:
            quote = collected.text.quote_words(mention.first, mention.last)
            kinds[kind] = UnitKind(kind=kind, rule="unit-named", text=f"Laporan menyebut “{quote}”.")
    quote = next((item.quote for item in collected.topics if item.name == topic), "")
    for kind in handling if quote else ():
        kinds.setdefault(kind, UnitKind(kind=kind, rule="unit-topic", text=f"“{quote}” biasanya ditangani {kind}."))
    return tuple(kinds.values())[:_MAX_KINDS]
