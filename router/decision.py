"""Which door: a pure function of a report and the registry, with its reasons in words an officer reads."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from language.phrases import Found, inside
from messages.shapes import Place, Reason, Report
from router.registry import TRIAGE, Agency, Registry

MAX_ALTERNATIVES = 3
_ANSWER_WITHIN_WORKING_DAYS = 5
_SATURDAY = 5
_JAKARTA = timezone(timedelta(hours=7))
# “Jalan Semarang” is a street, wherever it lies.
_STREET = re.compile(r"\b(?:jl|jln|jalan)\W+(?:raya\W+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Decision:
    """A door, those that come next if it is refused, and why."""

    agency: str
    alternatives: tuple[str, ...]
    reasons: tuple[Reason, ...]


def decide(report: Report, registry: Registry) -> Decision:
    """The first of these that speaks: the institution the citizen names, a rule's object, the place; else triage."""
    words = f"{report.title}\n{report.text}"
    by_place = _by_place(report, registry)
    regions = [registry.agencies[code] for code in (by_place.agency, *by_place.alternatives) if code != TRIAGE]
    # What is written in the field for it is meant as the addressee; what stands in the text may be a remark.
    if addressed := _national(report.agency, registry):
        first = addressed[0].meaning
        says = f"Pelapor menujukan laporan kepada {first.name}."
        return _chosen([found.meaning for found in addressed], "addressed", says, regions)
    if mentioned := _national(words, registry):
        first = mentioned[0].meaning
        says = f"Laporan menyebut “{mentioned[0].words}”: {first.name}."
        return _chosen([found.meaning for found in mentioned], "named", says, regions)
    for ruled in registry.ruled.find(words):
        agency = registry.agencies[ruled.meaning.agency]
        says = f"“{ruled.words}” adalah urusan {agency.name} ({ruled.meaning.basis})."
        return _chosen([agency], f"rule:{ruled.meaning.id}", says, regions)
    return by_place


def decide_again(earlier: Report, later: Report, registry: Registry) -> Decision:
    """Which door, now that a sender has said more: what was said last speaks first, then both together."""
    decision = decide(later, registry)
    if decision.agency != TRIAGE:
        return decision
    place = later.place if later.place != Place() else earlier.place
    both = {"title": earlier.title, "text": f"{earlier.text}\n{later.title}\n{later.text}", "place": place}
    return decide(earlier.model_copy(update=both | {"agency": later.agency or earlier.agency}), registry)


def _national(text: str, registry: Registry) -> list[Found[Agency]]:
    """Institutions of the whole country named in a text. What names triage names an institution that is no more."""
    found = registry.named.find(text)
    return [name for name in found if not name.meaning.regional and name.meaning.code != TRIAGE]


def _by_place(report: Report, registry: Registry) -> Decision:
    """The most said by the most deliberate: the agency field, the place field, the government named, the bare name."""
    words = f"{report.title}\n{report.text}"
    sources = (
        ("addressed", "Pelapor menujukan laporan kepada", report.agency),
        ("place-field", "Lokasi yang diisi pelapor:", f"{report.place.region}\n{report.place.address}"),
        ("place-named", "Laporan menyebut", words),
    )
    for rule, opening, text in sources:
        named = [found for found in registry.named.find(text) if found.meaning.regional]
        bare = [found for found in registry.placed.find(text) if not _STREET.search(text, 0, found.start)]
        if within := _within_province(named, bare):
            return _one_of(within, f"{rule}-bare", opening)
        if named:
            return _one_of(_narrowest([found.meaning for found in named]), rule, opening)
        if bare:
            return _one_of(_narrowest([agency for found in bare for agency in found.meaning]), f"{rule}-bare", opening)
    nothing = Reason(rule="no-evidence", says="Tidak ada instansi, urusan atau tempat yang dikenali dalam laporan.")
    return Decision(TRIAGE, (), (nothing,))


def _within_province(named: list[Found[Agency]], bare: list[Found[tuple[Agency, ...]]]) -> list[Agency]:
    """“Depok, Provinsi Jawa Barat” means the city: a bare name beside its own province, and not a part of its name."""
    if not named or any(found.meaning.parent for found in named):
        return []
    provinces = {found.meaning.code for found in named}
    beside = [found for found in bare if not any(inside(found, whole) for whole in named)]
    return [agency for found in beside for agency in found.meaning if agency.parent in provinces]


def _one_of(candidates: list[Agency], rule: str, opening: str) -> Decision:
    """The one named most; where two are named alike, a careful person could not tell either."""
    counts = Counter(agency.code for agency in candidates)
    by_code = {agency.code: agency for agency in candidates}
    ranked = [code for code, _ in counts.most_common()]
    best = [code for code in ranked if counts[code] == counts[ranked[0]]]
    if len(best) > 1:
        names = ", ".join(by_code[code].name for code in best[:MAX_ALTERNATIVES])
        says = f"Tempatnya bisa lebih dari satu: {names}."
        return Decision(TRIAGE, tuple(ranked[:MAX_ALTERNATIVES]), (Reason(rule=f"{rule}-ambiguous", says=says),))
    chosen = by_code[ranked[0]]
    others = [by_code[code] for code in ranked[1:]]
    return _chosen([chosen], rule, f"{opening} {chosen.name}.", others)


def _narrowest(agencies: list[Agency]) -> list[Agency]:
    """Without the provinces of the cities and regencies among them: “Kota Semarang, Jawa Tengah” is one place."""
    parents = {agency.parent for agency in agencies if agency.parent}
    return [agency for agency in agencies if agency.code not in parents]


def _chosen(candidates: list[Agency], rule: str, says: str, others: Iterable[Agency] = ()) -> Decision:
    first = candidates[0]
    rest = dict.fromkeys(agency.code for agency in (*candidates, *others))
    rest.pop(first.code, None)
    if first.parent:
        rest.setdefault(first.parent)
    return Decision(first.code, tuple(rest)[:MAX_ALTERNATIVES], (Reason(rule=rule, says=says),))


def due(at: datetime) -> datetime:
    """When the institution must have answered: 5 working days, Monday to Friday in Jakarta.

    Public holidays are not known here.
    """
    left = _ANSWER_WITHIN_WORKING_DAYS
    while left:
        at += timedelta(days=1)
        left -= at.astimezone(_JAKARTA).weekday() < _SATURDAY
    return at
