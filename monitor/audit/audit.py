"""Counts from the topics and the ledger what became of every accepted message, and names each difference.

Every topic is read once; what has to be joined stands on disk meanwhile (`scratch.py`), so that memory does not grow
with the number of messages.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bus.port import Reader
from messages import topics
from messages.shapes import Channel
from monitor.audit import facts
from monitor.audit.bus_snapshot import Look
from monitor.audit.differences import DIFFERENCES, Difference, Kind
from monitor.audit.temp_store import Scratch

# Of each name so many are told one by one; all are counted.
NAMED = 1_000

_STAGES = ("normalize", "router", "sinks")
# Consumer groups whose progress says whether the outcome of a record is still to come.
_AUDITED = {"normalize", "router", "ledger"}
_LETTERS = [topics.dead_letter_topic(stage) for stage in _STAGES]
_AGAIN = """
SELECT (SELECT coalesce(sum(deliveries) - count(*), 0) FROM message)
  + (SELECT count(*) FROM complaint WHERE redriven)
  + (SELECT count(*) FROM hop WHERE redriven)
  + (SELECT count(*) FROM answer WHERE redriven)
"""


class Found(NamedTuple):
    """A difference: the id of the message, complaint or answer it is about, and what is wrong with it."""

    kind: Kind
    name: str
    id: str
    what: str


@dataclass(slots=True)
class Audit:
    """`found` are the differences, at most `NAMED` of each name; `named` counts all by name. The rest are counts.

    accepted = complaints + repeats + joins + not_complaints + quarantined + dead + pending, and what of it is lost.
    What was released from quarantine is no longer quarantined: it counts as the arrival that was made of it. Repeats
    and joins count as they were read, whatever a person decided of them since. `delivered_again`: arrivals that came
    more than once, and what was put on its topic again out of the dead letters.
    """

    accepted: int = 0
    complaints: int = 0
    repeats: int = 0
    joins: int = 0
    not_complaints: int = 0
    quarantined: int = 0
    dead: int = 0
    pending: int = 0
    delivered_again: int = 0
    at_agencies: int = 0
    at_triage: int = 0
    found: list[Found] = field(default_factory=list)
    named: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether nothing is lost, nothing is there twice and all lies where it belongs."""
        return not self.named

    @property
    def lost(self) -> Mapping[str, str]:
        """What is wrong with each that is lost, by its id; as `found`, not more than `NAMED` of each name."""
        return self._of("lost")

    @property
    def doubled(self) -> Mapping[str, str]:
        """As `lost`."""
        return self._of("doubled")

    @property
    def misfiled(self) -> Mapping[str, str]:
        """As `lost`."""
        return self._of("misfiled")

    def as_json(self) -> dict[str, object]:
        """The counts, how many differences there are of each kind and name, and the differences themselves."""
        counts = {each.name: getattr(self, each.name) for each in fields(self) if each.type is int}
        kinds: Counter[str] = Counter({"lost": 0, "doubled": 0, "misfiled": 0})
        for difference in DIFFERENCES:
            kinds[difference.kind] += self.named[difference.name]
        told = [{"id": one.id, "difference": one.kind, "name": one.name, "what": one.what} for one in self.found]
        return {**counts, **kinds, "named": dict(self.named), "differences": told}

    def _of(self, kind: Kind) -> Mapping[str, str]:
        return {one.id: one.what for one in self.found if one.kind == kind}


class Auditor:
    """Audits one bus. `channels` are the names of all channels, `queues` the agencies' topics.

    `recorded` gives the id of each complaint in the ledger and when it was received, one by one. What is younger than
    `horizon` retention has not taken from any topic.
    """

    def __init__(
        self,
        reader: Reader,
        channels: Iterable[Channel],
        queues: Iterable[str],
        recorded: Callable[[], Iterable[tuple[UUID, datetime]]],
        horizon: datetime,
    ) -> None:
        self._reader = reader
        self._arrivals = list(map(topics.raw_topic, channels))
        self._groups = {
            group.name: group.topics for group in topics.consumer_groups(channels) if group.name in _AUDITED
        }
        self._queues = list(queues)
        self._recorded = recorded
        self._horizon = horizon

    def run(self) -> Audit:
        """One pass over all topics. What is published meanwhile is never a difference.

        Raises as the reader does, and `Stop` where the disk is full.
        """
        others = [topics.COMPLAINTS, topics.AGENCY_ANSWERS, topics.OVERSIGHT, topics.QUARANTINE]
        look = Look(self._reader, self._groups, [*self._arrivals, *others, *_LETTERS, *self._queues], self._horizon)
        with closing(Scratch()) as scratch:
            self._proofs(scratch, look)
            self._ways(scratch, look)
            scratch.add("since", [self._since(look)])
            scratch.join()
            return _judged(scratch)

    def _proofs(self, scratch: Scratch, look: Look) -> None:
        """What was said of arrivals and complaints, read before these: each came after the one that it is about."""
        for stage, topic in zip(_STAGES, _LETTERS, strict=True):
            scratch.add("letter", ((stage, key) for record in look.read([topic]) for key in facts.letter(record)))
        scratch.add("event", (row for record in look.read([topics.OVERSIGHT]) if (row := facts.event(record))))
        scratch.add("held", (facts.held(record) for record in look.read([topics.QUARANTINE])))
        scratch.add("ledger", ((id_.bytes, int(at.timestamp() * 1000)) for id_, at in self._recorded()))

    def _ways(self, scratch: Scratch, look: Look) -> None:
        """What came and how it went on, in this order: what follows from a record that was seen is seen too."""
        arrivals = ((*facts.arrival(record), look.waits("normalize", record)) for record in look.read(self._arrivals))
        scratch.add("arrival", arrivals)
        complaints = (
            (*row, look.waits("router", record), look.waits("ledger", record))
            for record in look.read([topics.COMPLAINTS])
            if (row := facts.complaint(record))
        )
        scratch.add("complaint", complaints)
        hops = ((*row, look.late(record)) for record in look.read(self._queues) if (row := facts.dispatch(record)))
        scratch.add("hop", hops)
        answers = (
            (*row, look.waits("router", record))
            for record in look.read([topics.AGENCY_ANSWERS])
            if (row := facts.answer(record))
        )
        scratch.add("answer", answers)

    def _since(self, look: Look) -> tuple[int, ...]:
        outcomes = [topics.COMPLAINTS, topics.OVERSIGHT, *_LETTERS]
        followed = (self._arrivals, outcomes, [topics.COMPLAINTS], [*self._queues, *_LETTERS], _LETTERS)
        return tuple(look.complete_since(names) for names in followed)


def _judged(scratch: Scratch) -> Audit:
    fates = dict(scratch.ask("SELECT fate, count(*) FROM message GROUP BY fate"))
    tales = dict(scratch.ask("SELECT fate, count(*) FROM tale GROUP BY fate"))
    ((quarantined,),) = scratch.ask("SELECT count(*) FROM held WHERE id NOT IN (SELECT held FROM released)")
    ((not_complaints,),) = scratch.ask("SELECT count(*) FROM (SELECT 1 FROM aside GROUP BY message)")
    ((again,),) = scratch.ask(_AGAIN)
    ((lying, at_triage),) = scratch.ask("SELECT count(*), count(*) FILTER (WHERE agency = 'triage') FROM lying")
    audit = Audit(
        complaints=tales.get("new", 0),
        repeats=tales.get("repeat", 0),
        joins=tales.get("joins", 0),
        not_complaints=not_complaints,
        quarantined=quarantined,
        dead=fates.get("dead", 0) + tales.get("dead", 0),
        pending=fates.get("pending", 0) + tales.get("pending", 0),
        delivered_again=again,
        at_agencies=lying - at_triage,
        at_triage=at_triage,
    )
    for difference in DIFFERENCES:
        _name(audit, difference, scratch.ask(difference.question))
    arrived = sum(count for fate, count in fates.items() if fate != "past")
    audit.accepted = arrived + quarantined + audit.named["released_nowhere"]
    return audit


def _name(audit: Audit, difference: Difference, rows: Iterable[tuple[facts.Key | int, ...]]) -> None:
    for subject, *more in rows:
        audit.named[difference.name] += 1
        if audit.named[difference.name] <= NAMED:
            what = difference.says.format(*map(_said, more))
            audit.found.append(Found(difference.kind, difference.name, _said(subject), what))


def _said(value: facts.Key | int) -> str:
    return str(UUID(bytes=value)) if isinstance(value, bytes) else str(value)
