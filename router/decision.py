"""Which door: a pure function of a report and the rules, with its reasons in words an officer reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import Any

from messages.shapes import Place, Reason, Report
from router.evidence.collect import CollectedEvidence
from router.registry.registry import TRIAGE, Registry
from router.rules import Rules
from router.scoring import AgencyCandidate, weigh

MAX_ALTERNATIVES = 3
_ANSWER_WITHIN_WORKING_DAYS = 5
_SATURDAY = 5
_JAKARTA = timezone(timedelta(hours=7))
_MOST_REASONS = 3
_ADDRESSEES = frozenset({"addressed", "named", "greeted"})


@dataclass(frozen=True, slots=True)
class Decision:
    """A door, those that come next if it is refused, and why.

    `confidence` is the probability that the door is right; of triage, that nobody could tell, or where an institution
    is likelier than that, that this one is wrong. `topic` and `region` (a dotted code) are what the report is about and
    where, as far as that was found.
    """

    agency: str
    alternatives: tuple[str, ...]
    reasons: tuple[Reason, ...]
    confidence: float = 1.0
    topic: str = ""
    region: str = ""

    @property
    def triage(self) -> bool:
        """Whether a person has to decide."""
        return self.agency == TRIAGE

    def said(self) -> dict[str, Any]:
        """All of it by the names that a dispatch has for it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def decide(report: Report, rules: Rules) -> Decision:
    """The likeliest institution where it is likely enough; else triage, with the candidates and why not."""
    found = rules.evidence_collector.collect(report)
    doors = weigh(found.evidence, rules.weights)
    topic = found.topics[0].name if found.topics else ""
    region = found.location.best.code if found.location.best else ""
    first, *others = doors
    if first.institution != TRIAGE and first.chance >= rules.weights.enough:
        queue = rules.registry.receiving_agency(first.institution)
        rest = _next(first, others, found, rules)
        reasons = (
            *_reasons(first),
            *_unconnected(first.institution, queue, rules.registry),
            *_overruled(others, first),
        )
        return Decision(queue, rest, reasons, round(first.chance, 3), _topic_of(first) or topic, region)
    alternatives = tuple(_queues((door.institution for door in doors), rules.registry))[:MAX_ALTERNATIVES]
    chance = 1 - first.chance if first.institution != TRIAGE else first.chance
    return Decision(TRIAGE, alternatives, _undecided(doors, rules.registry), round(chance, 3), topic, region)


def decide_again(earlier: Report, later: Report, rules: Rules) -> Decision:
    """Which door, now that a sender has said more: what was said last speaks first, then both together."""
    decision = decide(later, rules)
    if decision.agency != TRIAGE:
        return decision
    place = later.place if later.place != Place() else earlier.place
    both = {"title": earlier.title, "text": f"{earlier.text}\n{later.title}\n{later.text}", "place": place}
    return decide(earlier.model_copy(update=both | {"agency": later.agency or earlier.agency}), rules)


def _next(
    first: AgencyCandidate, others: Sequence[AgencyCandidate], found: CollectedEvidence, rules: Rules
) -> tuple[str, ...]:
    """The next likeliest; then the governments of the place, which at least know whose it is."""
    registry = rules.registry
    likely = [door.institution for door in others if door.institution != TRIAGE]
    around = [code for candidate in found.location.candidates[:1] for code in rules.jurisdiction.around(candidate.code)]
    up = [agency.parent] if (agency := registry.agencies.get(first.institution)) and agency.parent else []
    queues = _queues((*likely, *up, *around), registry)
    own = registry.receiving_agency(first.institution)
    return tuple(code for code in queues if code != own)[:MAX_ALTERNATIVES]


def _queues(institutions: Iterable[str], registry: Registry) -> Sequence[str]:
    """Where these institutions get what is theirs, each once, without triage."""
    return [code for code in dict.fromkeys(map(registry.receiving_agency, institutions)) if code != TRIAGE]


def _reasons(door: AgencyCandidate) -> tuple[Reason, ...]:
    """The strongest signs, each rule once."""
    by_rule = {sign.rule + sign.says: sign.reason for sign in door.signs if sign.strength > 0}
    return tuple(by_rule.values())[:_MOST_REASONS]


def _unconnected(institution: str, queue: str, registry: Registry) -> tuple[Reason, ...]:
    if institution == queue:
        return ()
    says = f"{registry.name_of(institution)} belum terhubung; laporan diteruskan melalui {registry.name_of(queue)}."
    return (Reason(rule="unconnected", says=says),)


def _overruled(others: Sequence[AgencyCandidate], first: AgencyCandidate) -> tuple[Reason, ...]:
    """Whom the sender named and who is not competent: said, so that the officer sees that it was seen."""
    for door in others:
        for sign in door.signs:
            if sign.kind in _ADDRESSEES and door.institution != first.institution:
                return (Reason(rule="addressee-overruled", says=f"{sign.says} Urusannya ada pada instansi lain."),)
    return ()


def _undecided(doors: Sequence[AgencyCandidate], registry: Registry) -> tuple[Reason, ...]:
    """Why nobody could tell: what is missing, or between whom it stands."""
    nobody = next(door for door in doors if door.institution == TRIAGE)
    candidates = [door for door in doors if door is not nobody]
    if not candidates:
        return tuple(dict.fromkeys(sign.reason for sign in nobody.signs))[:_MOST_REASONS]
    lacks = [sign.reason for sign in nobody.signs if sign.kind == "unplaced"]
    names = ", ".join(registry.name_of(door.institution) for door in candidates[:MAX_ALTERNATIVES])
    between = Reason(rule="not-sure", says=f"Belum cukup yakin; calon instansi: {names}.")
    return (*lacks[:1], between, *_reasons(candidates[0]))[: _MOST_REASONS + 1]


def _topic_of(door: AgencyCandidate) -> str:
    return next((sign.topic for sign in door.signs if sign.topic), "")


def answer_deadline(at: datetime) -> datetime:
    """When the institution must have answered: 5 working days, Monday to Friday in Jakarta.

    Public holidays are not known here.
    """
    left = _ANSWER_WITHIN_WORKING_DAYS
    while left:
        at += timedelta(days=1)
        left -= at.astimezone(_JAKARTA).weekday() < _SATURDAY
    return at
