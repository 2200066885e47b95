"""An attacker files a thousand copies of a report. The victim still has a case at its own agency."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from app.assembly.parts import Parts
from bus.port import Outgoing
from config.reference.duplicate_weights import load_duplicate_weights
from ingest.wrap import accepted_record
from language.masking import mask_with_labels
from messages.shapes import Complaint
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.comparator import Comparator, Verdict
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.limits import DEFAULT_LIMITS
from normalize.duplicates.matcher import Matcher
from sinks.ledger.own.own_report import OwnReports, possible_acts
from sinks.ledger.status import StatusReader
from tests.conftest import NOW
from tests.normalize.duplicates.test_decisions import report
from tests.support import records
from tests.support.deadlines import DEADLINES
from tests.support.rules import language_of
from tests.support.stage_path import StagePath

_COPIES = 1_000
_BATCH = 50
_COURTESIES = ("Tolong", "Mohon", "Halo", "Bapak", "Ibu", "Admin", "Salam", "Permisi", "Yth", "Kepada")
_WORDS = "Jl. Kenanga Raya RT 3 Kelurahan Sukaramai berlubang besar depan bengkel Suryo Jaya, sudah dua motor jatuh, {}"
# The attacker's copies lead to another agency than the victim's report, or to none.
_COPY = _WORDS.format("tolong ditambal")
_VICTIM = _WORDS.format("Kemenkes mohon segera menambal, kasihan anak sekolah.")
# Comparisons of one complaint: four candidates in each of four searches, the eight members and the root of each matter
# that it would join, and two closed cases.
_MOST_COMPARISONS = 4 * (4 + 4 * 9) + 2


class CountingComparator(Comparator):
    """Comparator that counts its comparisons."""

    count = 0

    def compare(self, first: Comparable, second: Comparable) -> Verdict:
        """Count and compare."""
        self.count += 1
        return super().compare(first, second)

    def contradicts(self, first: Comparable, second: Comparable) -> bool:
        """Count and compare."""
        self.count += 1
        return super().contradicts(first, second)


@pytest.fixture(scope="module")
def comparator() -> CountingComparator:
    """A comparator with the shipped weights."""
    return CountingComparator(language_of().word_frequencies, load_duplicate_weights())


@pytest.fixture
def path(parts: Parts, comparator: CountingComparator) -> StagePath:
    """Normalizer, router and ledger with the limits of production, on SQLite."""
    reader = DuplicateDetection(language_of(), load_duplicate_weights(), b"k" * 32).reader
    return StagePath(parts, parts.engine, Matcher(reader, comparator, "test"))


def copy_of(parts: Parts, text: str, number: int, phone: str) -> Outgoing:
    """Return a copy by an unproven sender, in other words for each number."""
    words = " ".join(_COURTESIES[int(digit)] for digit in f"{number:03}")
    body = json.dumps({"text": f"{words}. {text}", "phone": phone}).encode()
    raw = parts.wrapper.wrap("web", f"key:{number} {phone}", "", body, NOW, records.JSON)
    return accepted_record(raw)


def attack(parts: Parts, path: StagePath, text: str, *, one_address: bool, count: int = _COPIES) -> list[Complaint]:
    """Send the copies, from one address or each from another number; return their complaints."""
    copies = [
        copy_of(parts, text, number, "+628000000500" if one_address else f"+62800{number:07}")
        for number in range(count)
    ]
    batches = [copies[first : first + _BATCH] for first in range(0, count, _BATCH)]
    return [complaint for batch in batches for complaint in path.arrive(*batch)]


@pytest.mark.slow
@pytest.mark.parametrize("one_address", [True, False], ids=["one address", "many numbers"])
def test_a_thousand_copies_swallow_no_report(
    parts: Parts, path: StagePath, comparator: CountingComparator, *, one_address: bool
) -> None:
    """The copies come first. The victim's report goes to the agency of its own text, and is a case there.

    The copies and the joins are few per case and per address, and each copy costs a limited number of comparisons.
    """
    comparator.count = 0
    copies = attack(parts, path, _COPY, one_address=one_address)
    assert comparator.count <= _MOST_COMPARISONS * _COPIES
    joins = Counter(copy.relation.of for copy in copies if copy.relation.kind == "joins")
    limit = DEFAULT_LIMITS.joins_of_sender if one_address else DEFAULT_LIMITS.unproven_joins_of_case
    assert max(joins.values()) <= limit
    assert sum(joins.values()) <= limit or not one_address
    events = [event.subject for event in path.events if event.event == "duplicate-limit"]
    assert len(events) == len(set(events))
    assert bool(events) is not one_address
    comparator.count = 0
    (victim,) = path.arrive(report(parts, _VICTIM, "victim", 1))
    assert comparator.count <= _MOST_COMPARISONS
    dispatch = path.dispatch_of(victim)
    assert (dispatch.agency, dispatch.own_case) == ("kementerian-kemenkes", True)
    # What the agencies of the copies do is nothing to the victim's case.
    for copy in (copies[0], *(copy for copy in copies if copy.relation.kind == "new"))[:3]:
        path.answer(copy, "closed")
    assert path.status(victim).state == "diteruskan"
    later = path.arrive(report(parts, _VICTIM, "neighbour", 2), report(parts, _VICTIM, "victim", 3))
    assert {path.dispatch_of(complaint).agency for complaint in later} == {"kementerian-kemenkes"}
    # No case names the victim's as closed.
    assert victim.id not in {
        again.of for complaint in later if (again := path.dispatch_of(complaint).similar_closed_case)
    }


def test_a_victim_who_joined_the_attackers_case_hears_of_its_closing_and_objects(parts: Parts, path: StagePath) -> None:
    """The copy came first and the agency closes it. The victim is told, objects, and has a case at that agency."""
    path.time = NOW
    addressed = f"Kemenkes tolong. {_COPY}"
    first, *_ = attack(parts, path, addressed, one_address=False, count=3)
    path.arrive(records.followed(parts, first.message_id, "withdraws"))
    victim_text = f"Kemenkes tolong. {_WORDS.format('mohon segera ditambal.')}"
    victim_message = records.sms(parts, victim_text, "+628000000088", "SMvictim", NOW, "twilio-signature")
    (victim,) = path.arrive(victim_message)
    assert (victim.relation.of, path.dispatch_of(victim).own_case) == (first.id, False)
    assert path.status(victim).state == "diteruskan"
    path.time += timedelta(hours=1)
    path.answer(first, "closed")
    assert path.status(victim).state == "dijawab"
    assert len(path.replies_to(victim)) == 2
    reports = OwnReports(path.engine, StatusReader(path.engine, {}), mask_with_labels)
    own = reports.read(victim.message_id)
    assert own
    path.time += timedelta(hours=1)
    assert "objects" in possible_acts(own.status.state, own.answered_at, path.time, DEADLINES)
    path.arrive(records.followed(parts, victim.message_id, "objects", "Belum ditambal.", path.time))
    dispatch = path.dispatch_of(victim)
    assert (dispatch.agency, dispatch.own_case, dispatch.reopened) == ("kementerian-kemenkes", True, 1)
    assert path.status(victim).state == "dibuka-lagi"


def test_suggestions_do_not_bury_a_case(parts: Parts, path: StagePath) -> None:
    """Copies that are only likely the same: officers see few suggestions of one case, however many copies there are."""
    tree = "Kemenkes, pohon besar di Jl. Manggis Raya sudah miring ke jalan, mohon dipangkas"
    (victim,) = path.arrive(report(parts, tree, "victim", -90))
    alleys = [f"{first} {second}" for first in ("Mawar", "Melati", "Kenari") for second in _COURTESIES[2:]]
    likely = "Di Jalan Manggis Raya Gang {} ada pohon miring hampir tumbang, tolong dipangkas"
    copies = [
        path.arrive(copy_of(parts, likely.format(alley), number, f"+62800{number:07}"))[0]
        for number, alley in enumerate(alleys)
    ]
    suggested = [copy for copy in copies if copy.suggestion and copy.suggestion.of == victim.id]
    assert 0 < len(suggested) <= DEFAULT_LIMITS.unproven_suggestions_of_case
    assert {copy.relation.kind for copy in copies} <= {"new", "joins"}
    assert path.dispatch_of(victim).own_case


@pytest.mark.slow
def test_copies_do_not_push_the_true_members_out_of_the_search(parts: Parts, path: StagePath) -> None:
    """A citizen who reports the matter in other words still finds the first report behind a hundred copies of it."""
    (first,) = path.arrive(report(parts, f"Kemenkes tolong. {_COPY}", "first", -1))
    copies = attack(parts, path, f"Kemenkes tolong. {_COPY}", one_address=False, count=100)
    assert {copy.relation.of for copy in copies} == {first.id}
    words = (
        "Kemenkes, jalan Kenanga Raya RT 3 Sukaramai bolong parah persis depan bengkel Suryo Jaya, motor sering jatuh"
    )
    (neighbour,) = path.arrive(report(parts, words, "neighbour", 5))
    found = neighbour.relation.of or (neighbour.suggestion.of if neighbour.suggestion else None)
    assert found == first.id
