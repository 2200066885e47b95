"""Nothing that a citizen reads shows a suggestion, before and after a decision: pages, JSON, feeds and replies."""

import re
from collections.abc import Iterator, Mapping

import pytest
import requests

from app.assembly.doors.mobile import report_states
from app.assembly.http import build
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.operations.duplicates.tables import Outcome
from cases.derivations.loop import Derivation
from config.settings import Settings
from language.masking import mask_with_labels
from language.stems import stems
from messages import codec
from messages.ids import complaint_id
from messages.shapes import Reply
from messages.topics import REPLIES
from monitor.health import ProcessHealth
from sinks.ledger.own.own_report import OwnReports
from sinks.public.read_model import PublicReadModel
from sinks.public.releases import PublicReleases
from tests.app.test_corrections import EVIDENCE, message_of, number
from tests.app.test_duplicates import WHY, DuplicateHarness
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.sinks.public.harness import SENSITIVITY
from tests.support.case_stages import make_case_stage
from tests.support.service import REGISTRY

_PATIENCE_SECONDS = 60
_HEALTH = "kementerian-kemenkes"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies and the public view."""
    return settings.model_copy(update={"reference_folder": REGISTRY, "public_view": True})


class CitizenViews(DuplicateHarness):
    """Everything that a citizen reads about reports, served as in production."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, parts.engine)
        self.host = DoorServer()
        self.host.app = build(parts, self.producer, ProcessHealth(), http_doors(parts))
        self._public = PublicReadModel(lambda words: words, parts.secrets.public_key, SENSITIVITY, lambda: NOW, stems)

    def work(self) -> None:
        """Let router, ledger and public view process everything."""
        super().work()
        sink = make_case_stage(
            self.engine, self.parts.keys.answer_check, [Derivation("public", self._public.derive_new)]
        )
        topics = ("complaints", "corrections", *self.parts.queues)
        sink.handle([record for topic in topics for record in self.records(topic)])
        releases = PublicReleases(self.engine, lambda: NOW)
        for index in (1, 2):
            releases.decide(complaint_id(message_of(index)), _HEALTH, 0, is_released=True, at=NOW)
        self._public.follow_decisions(self.engine)

    def read(self, index: int) -> Mapping[str, str]:
        """Return all views of a report by their names."""
        tracking, own = number(index), self.parts.keys.link_of(message_of(index)).partition("/l/")[2]
        states = report_states(
            self.parts.ledger, OwnReports(self.engine, self.parts.ledger, mask_with_labels), [tracking]
        )
        public_list = self._get("/publik")
        public_report = next(iter(re.findall(r'href="(/publik/[^"?]+)"', public_list)))
        return {
            "page": self._get(f"/status/{tracking}"),
            "json": self._get(f"/status/{tracking}", "application/json"),
            "own page": self._get(f"/l/{own}"),
            "app": str(states[tracking]),
            "sms": states[tracking].sentence,
            "open311": self._get(f"/open311/v2/requests/{tracking}.json"),
            "public list": public_list,
            "public report": self._get(public_report),
            "public feed": self._get("/publik/umpan.atom"),
        }

    def replies(self, index: int) -> str:
        """Return the texts of all replies to the sender of a report."""
        replies = [codec.decode(Reply, record.value, record.headers) for record in self.records(REPLIES)]
        return " ".join(reply.text for reply in replies if reply.tracking == number(index))

    def _get(self, path: str, accept: str = "text/html") -> str:
        address = f"http://127.0.0.1:{self.host.port}{path}"
        answer = requests.get(address, headers={"Accept": accept}, timeout=_PATIENCE_SECONDS)
        assert answer.ok, (path, answer.status_code)
        # These are random, or new for each page.
        return re.sub(r'(nonce|value)="[^"]*"', "", answer.text)


@pytest.fixture
def views(parts: Parts) -> Iterator[CitizenViews]:
    """A report of one citizen, and one of another citizen that is perhaps the same."""
    views = CitizenViews(parts)
    views.write(1, "Kemenkes tolong, lorong gelap di puskesmas", channel="sms")
    views.write(2, "Kemenkes, antrean puskesmas panjang", like=1, channel="sms")
    views.work()
    with views.host.serving():
        yield views
    views.producer.close()


@pytest.mark.parametrize("outcome", ["same", "different"])
def test_no_citizen_reads_a_suggestion(views: CitizenViews, outcome: Outcome) -> None:
    """No view of either report has the other one's number or ids, the evidence, or a word for it; nor has a reply."""
    pair = views.pairs.require(number(2))
    canaries = (*EVIDENCE, str(pair.suggested_id), "0.75", "ungkin sama", "uggest", WHY, "Sari Petugas", "kept-apart")
    other = {1: (number(2), "antrean"), 2: (number(1), "lorong gelap")}

    def leaks() -> list[tuple[int, str, str]]:
        return [
            (index, name, word)
            for index in (1, 2)
            for name, content in views.read(index).items()
            for word in (*canaries, *(() if name.startswith("public") else other[index]))
            if word in content
        ]

    assert leaks() == []
    before = [views.read(index) for index in (1, 2)]
    views.decisions.decide(number(2), outcome, "Sari Petugas", WHY, NOW)
    assert [views.read(index) for index in (1, 2)] == before
    views.work()
    assert leaks() == []
    # A denial changes nothing at all.
    assert ([views.read(index) for index in (1, 2)] == before) is (outcome == "different")
    for index in (1, 2):
        replies = views.replies(index)
        assert number(index) in replies
        assert [word for word in (*canaries, *other[index]) if word in replies] == []
