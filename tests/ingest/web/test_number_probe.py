"""Who knows the number of an anonymous report does not find its words: neither by the order nor by looking often."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from app.assembly.installed_channel import state_of
from messages.shapes import Verdict
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.sinks.public.harness import PublicPipeline, Sent
from tests.support import records

# Noon in western Indonesia.
_NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
_MATTERS = (
    "Jalan rusak di depan pasar, Kota Semarang.",
    "Banjir lagi di gang dekat sungai, Kota Semarang.",
    "Listrik padam sejak pagi di Kota Semarang.",
)
_LOOKS = ("/publik", "/publik/umpan.atom", "/open311/v2/requests.json?start_date=2026-11-01T00:00:00Z")


@dataclass
class Clock:
    """A clock that a test sets."""

    time: datetime = _NOON


class Attacker:
    """Knows numbers, and looks at their statuses and at everything public, again and again."""

    def __init__(self, served: DoorClient, numbers: Sequence[str]) -> None:
        self._served = served
        self._numbers = numbers
        self._statuses: dict[str, str] = {}
        self._reports: Mapping[str, str] = {}
        # Numbers of which the words must have changed since the public list last changed.
        self._changed: set[str] = set()
        self.candidates: dict[str, list[set[str]]] = {number: [] for number in numbers}

    def look(self) -> None:
        """Compare numbers and reports with the last look. What changes between two looks belongs together."""
        statuses = {number: self._get(f"/status/{number}") for number in self._numbers}
        reports = self.reports()
        self._changed |= {number for number in self._numbers if statuses[number] != self._statuses.get(number)}
        different = {id_ for id_ in reports.keys() | self._reports.keys() if reports.get(id_) != self._reports.get(id_)}
        if different:
            for number in self._changed:
                self.candidates[number].append(different)
            self._changed.clear()
        self._statuses, self._reports = statuses, reports

    def reports(self) -> Mapping[str, str]:
        """Return all that is public of each report, by its id, in the order of the list."""
        page = self._get("/publik")
        ids = list(dict.fromkeys(re.findall(r'href="/publik/(P[0-9A-Z]{12})"', page)))
        shown = [self._get(path) for path in _LOOKS]
        places = [re.findall(r"P[0-9A-Z]{12}", text) for text in shown]
        return {
            id_: f"{self._get(f'/publik/{id_}')} {self._get(f'/open311/v2/requests/{id_}.json')}"
            f" {[sorted(set(place)).index(id_) for place in places]}"
            for id_ in ids
        }

    def _get(self, path: str) -> str:
        text = self._served.get(path).text
        return re.sub(r'nonce="[^"]*"', "", text)


@pytest.fixture
def clock() -> Clock:
    """The clock of the served process."""
    return Clock()


@pytest.fixture
def service(clock: Clock, serve: Serve) -> tuple[DoorClient, PublicPipeline]:
    """A served port with the public view and its stages."""
    served = serve(public_view=True, now=lambda: clock.time)
    return served, PublicPipeline(served.parts, served.parts.engine)


def test_no_look_tells_which_words_belong_to_a_number(service: tuple[DoorClient, PublicPipeline], clock: Clock) -> None:
    """Three anonymous reports arrive, are taken and closed one after the other, with a look after each step.

    All three remain possible for each number, and the list has them in the order of their ids.
    """
    served, pipeline = service
    sent = [pipeline.send(text, anonim=True) for text in _MATTERS]
    attacker = Attacker(served, [report.complaint.tracking for report in sent])
    attacker.look()
    for verdict in ("accepted", "closed"):
        _one_by_one(pipeline, clock, attacker, sent, verdict)

    everything = set(attacker.reports())
    assert len(everything) == len(_MATTERS)
    for candidates in attacker.candidates.values():
        assert candidates
        assert all(of_one_change == everything for of_one_change in candidates)
    assert list(attacker.reports()) == sorted(everything, reverse=True)


def _one_by_one(
    pipeline: PublicPipeline, clock: Clock, attacker: Attacker, sent: Sequence[Sent], verdict: Verdict
) -> None:
    """Let the agencies answer, an hour apart, with a look after each answer and at the next day."""
    for report in sent:
        clock.time += timedelta(hours=1)
        pipeline.time = clock.time
        pipeline.answer(report, verdict)
        attacker.look()
    clock.time += timedelta(days=1) - timedelta(hours=len(sent))
    pipeline.time = clock.time
    attacker.look()


def test_the_answer_does_not_tell_the_number(service: tuple[DoorClient, PublicPipeline], clock: Clock) -> None:
    """An officer wrote the number and the time of the report into the answer to an anonymous report.

    Everybody reads the answer without both, and no search finds the number.
    """
    served, pipeline = service
    report = pipeline.send(_MATTERS[0], anonim=True)
    number = report.complaint.tracking
    pipeline.answer(report, "responded", f"Laporan {number} pukul 12.00 WIB (jam 12) kami tangani, {number.lower()}.")
    pipeline.answer(report, "closed", f"Nomor {number.replace('-', '')} selesai pukul 13:07.")
    clock.time = pipeline.time = _NOON + timedelta(days=1)
    (public_id,) = set(re.findall(r"P[0-9A-Z]{12}", served.get("/publik").text))

    for path in (f"/publik/{public_id}", "/publik", "/publik/umpan.atom"):
        page = served.get(path).text
        assert "selesai" in page, path
        assert not re.search(rf"{number}|{number.replace('-', '')}|12\.00 WIB|13:07|jam 12", page, re.IGNORECASE), path
    assert "Laporan [nomor] [jam] ([jam]) kami tangani, [nomor]." in served.get(f"/publik/{public_id}").text
    for words in (number, number.replace("-", ""), number[:4], "13:07"):
        assert public_id not in served.get(f"/publik?{urlencode({'kata': words})}").text


def test_times_of_an_anonymous_number_are_days(service: tuple[DoorClient, PublicPipeline], clock: Clock) -> None:
    """On the status page, as JSON and by Open311. The sender's own page has the times."""
    served, pipeline = service
    clock.time = pipeline.time = _NOON + timedelta(hours=2, minutes=7)
    report = pipeline.send(_MATTERS[0], anonim=True)
    pipeline.answer(report, "accepted")
    number, link = report.complaint.tracking, served.parts.keys.link_of(report.complaint.message_id)
    for path, accept in (
        (f"/status/{number}", "text/html"),
        (f"/status/{number}", "application/json"),
        (f"/open311/v2/requests/{number}.json", "application/json"),
    ):
        text = served.get(path, headers={"Accept": accept}).text
        assert set(re.findall(r"T(\d\d:\d\d:\d\d)", text)) <= {"00:00:00", "17:00:00"}, path
        assert not re.search(r"\d\d\.\d\d WIB", text), path
    assert re.search(r"\d\d\.\d\d WIB", served.get(f"/l/{link.partition('/l/')[2]}").text)


def test_words_that_a_sender_takes_back_are_gone_at_once(
    service: tuple[DoorClient, PublicPipeline], clock: Clock
) -> None:
    """The number of an anonymous report tells of it from the next day on: else it would tell which words went."""
    served, pipeline = service
    report = pipeline.send(_MATTERS[0], anonim=True)
    pipeline.answer(report, "accepted")
    clock.time = pipeline.time = _NOON + timedelta(days=1)
    attacker = Attacker(served, [report.complaint.tracking])
    assert len(attacker.reports()) == 1
    address = f"/status/{report.complaint.tracking}"
    before = served.get(address, headers={"Accept": "application/json"}).json()
    withdrawal = records.followed(served.parts, report.complaint.message_id, "withdraws", when=clock.time)
    pipeline.send_raw(withdrawal)
    assert attacker.reports() == {}
    assert served.get(address, headers={"Accept": "application/json"}).json() == before
    asked = state_of(served.parts.ledger, served.parts.now, report.complaint.tracking)
    assert asked
    assert asked.state == before["state"]
    own = f"/l/{served.parts.keys.link_of(report.complaint.message_id).partition('/l/')[2]}"
    assert "Ditarik" in served.get(own).text
    clock.time += timedelta(days=1)
    assert served.get(address, headers={"Accept": "application/json"}).json()["state"] == "ditarik"
