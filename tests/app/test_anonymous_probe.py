"""Who copies an anonymous report learns nothing of its times or steps: views are those of a report like no other."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import requests

from app.assembly.channels import CHANNELS
from app.assembly.doors.mobile import report_states
from app.assembly.http import build
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.surroundings import system_surroundings
from bus.port import Outgoing
from config.reference.regions import Regions
from config.settings import Settings
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.wrap import accepted_record
from language.masking import mask_with_labels
from messages.shapes import Complaint, Verdict
from monitor.health import ProcessHealth
from normalize.duplicates.matcher import Matcher
from sinks.ledger.own.own_report import OwnReports
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.normalize.duplicates.test_decisions import report
from tests.support import records
from tests.support.databases import Databases
from tests.support.prepared_parts import create_topics
from tests.support.service import REGISTRY
from tests.support.stage_path import StagePath, shipped_matcher

_PATIENCE_SECONDS = 60
# Reports of four matters, each with a copy that ends in other words; that of the app is the same text. The router finds
# an agency for the first three.
MATTERS = {
    "sms": "Kemenkes tolong, Jl. Kenanga Raya RT 3 Kelurahan Sukaramai berlubang besar depan bengkel Suryo Jaya, {}",
    "web": "Kemenkes, sampah menumpuk di Gang Teratai 4 samping pos ronda Cempaka Baru dan baunya menyengat, {}",
    "mobile": "Kemenkes, lampu jalan padam di depan SD Negeri Wiratama Jl. Anggrek Sentosa No. 8 sejak kemarin, {}",
    "twitter": "Pohon besar tumbang menutup Jl. Melati Purnama depan apotek Sari Husada dan kabelnya putus, {}",
}
FIRST_END, COPY_END = "sudah dua orang jatuh.", "mohon segera ditangani, kasihan anak sekolah."
# What the agency did before the copy came, by the channel of the copy. A person at triage decides about the last one.
COURSES: Mapping[str, tuple[Verdict, ...]] = {
    "sms": ("accepted",),
    "web": ("accepted", "asked"),
    "mobile": ("accepted", "responded"),
    "twitter": ("refused", "accepted"),
}


def probe(parts: Parts, channel: str) -> Outgoing:
    """Return a copy of the anonymous report on a channel."""
    when, words = NOW + timedelta(days=3), MATTERS[channel].format(FIRST_END if channel == "mobile" else COPY_END)
    if channel == "sms":
        return records.sms(parts, words, "+628000000077", "SMprobe", when, "twilio-signature")
    if channel == "twitter":
        post = {"id": "1900000000000001799", "author_id": "9000000009", "conversation_id": "1900000000000001799"}
        adapter = TwitterAdapter(parts.wrapper, "1708")
        return accepted_record(adapter.accept(ReceivedPost({**post, "text": f"@Lapor1708 {words}"}), when))
    return report(parts, words, f"probe-{channel}", 72) if channel == "mobile" else records.web(parts, words, when, "p")


class World:
    """A service with or without anonymous reports. `path` has the stages; the pages are served as in production."""

    def __init__(self, parts: Parts, matcher: Matcher) -> None:
        self.parts = parts
        self.path = StagePath(parts, parts.engine, matcher)
        self.first_reports: dict[str, Complaint] = {}
        self._host = DoorServer()
        self._producer = parts.bus.producer()
        self._host.app = build(parts, self._producer, ProcessHealth(), http_doors(parts))

    def write_anonymous_reports(self, close: str = "") -> None:
        """Write the anonymous reports, and let their agencies act three hours later; `close` names one to be closed."""
        for channel, text in MATTERS.items():
            (first,) = self.path.arrive(report(self.parts, text.format(FIRST_END), "author", anonim=True))
            self.first_reports[channel] = first
            self.path.time = NOW + timedelta(hours=3)
            for verdict in (*COURSES[channel], *(("closed",) if channel == close else ())):
                self.path.answer(first, verdict, suggested_agency="bumn-pln" if verdict == "refused" else None)
            self.path.time = NOW

    def probe_all(self) -> dict[str, Complaint]:
        """Send the copies three days later; return their complaints by channel."""
        self.path.time = NOW + timedelta(days=3)
        return {channel: self.path.arrive(probe(self.parts, channel))[0] for channel in MATTERS}

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve the pages while the context lasts."""
        with self._host.serving():
            yield
        self._producer.close()

    def views(self, complaint: Complaint) -> Mapping[str, object]:
        """Return all that the sender of a complaint reads."""
        tracking, link = complaint.tracking, self.parts.keys.link_of(complaint.message_id).partition("/l/")[2]
        states = report_states(
            self.parts.ledger, OwnReports(self.parts.engine, self.parts.ledger, mask_with_labels), [tracking]
        )
        return {
            "page": self._get(f"/status/{tracking}"),
            "json": self._get(f"/status/{tracking}", "application/json"),
            "own page": self._get(f"/l/{link}"),
            "own json": self._get(f"/l/{link}", "application/json"),
            "open311": self._get(f"/open311/v2/requests/{tracking}.json"),
            "app": str(states[tracking]),
            "sms": states[tracking].sentence,
            "replies": [reply.value for reply in self.path.replies if tracking.encode() in reply.value],
        }

    def _get(self, path: str, accept: str = "text/html") -> str:
        address = f"http://127.0.0.1:{self._host.port}{path}"
        answer = requests.get(address, headers={"Accept": accept}, timeout=_PATIENCE_SECONDS)
        assert answer.ok, (path, answer.status_code)
        # These are random for each page.
        return re.sub(r'nonce="[^"]*"|name="form_id" value="[^"]*"', "", answer.text)


@pytest.fixture
def new_world(
    settings: Settings, tmp_path: Path, database: Databases, templates: Path, regions: Regions
) -> Iterator[Callable[[], World]]:
    """Returns a new service with the secrets of all others, so that the same message gets the same number."""
    matcher, numbers = shipped_matcher(), count()
    with ExitStack() as stack:

        def create() -> World:
            home = tmp_path / f"world-{next(numbers)}"
            values = stack.enter_context(database.settings(home))
            changed = {"home": home, "reference_folder": REGISTRY, **values}
            parts = Parts(Settings.model_validate(settings.model_dump() | changed), CHANNELS, system_surroundings())
            stack.callback(parts.engine.dispose)
            stack.callback(parts.audit_heads.close)
            parts.tables.regions = regions
            create_topics(parts, templates)
            return World(parts, matcher)

        yield create


@pytest.mark.slow
def test_a_copy_of_an_anonymous_report_is_answered_like_any_report(new_world: Callable[[], World]) -> None:
    """Byte for byte, on every channel, whatever the agency has done with the anonymous report before.

    The numbers are equal too, because the same message comes to two services. One of them has anonymous reports.
    """
    alone, beside = new_world(), new_world()
    with alone.serving():
        expected = {channel: alone.views(complaint) for channel, complaint in alone.probe_all().items()}
    beside.write_anonymous_reports(close="web")
    copies = beside.probe_all()
    relations = {channel: (copy.relation.kind, bool(copy.similar_closed_case)) for channel, copy in copies.items()}
    assert relations == {**dict.fromkeys(MATTERS, ("joins", False)), "web": ("new", True)}
    with beside.serving():
        assert {channel: beside.views(complaint) for channel, complaint in copies.items()} == expected
        # An answer is told, and may be objected to.
        beside.path.time += timedelta(hours=1)
        beside.path.answer(beside.first_reports["sms"], "closed")
        views = beside.views(copies["sms"])
    assert tuple(word for word in ("sudah dijawab", "Belum selesai", "Pesan instansi") if word in str(views)) == (
        "sudah dijawab",
        "Belum selesai",
    )
