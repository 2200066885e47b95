"""Whatever order of reports, places, objections, answers and closings arrives, somebody sees each word of a citizen."""

from collections import defaultdict, deque
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Outgoing, Record
from config.reference.duplicate_weights import load_duplicate_weights
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch, RawMessage, Verdict
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, agency_topic
from normalize.conversation.conversation import Conversation, TraitsReaderSource
from normalize.duplicates.factory import DuplicateDetection
from tests.conftest import NOW
from tests.support import records
from tests.support.databases import Databases
from tests.support.deadlines import DEADLINES
from tests.support.fixed_source import FixedSource
from tests.support.rules import SHIPPED, fixed_rules_source, language_of
from tests.support.stages import ANSWER_KEYS, make_normalizer, make_router

# Two citizens and what they write.
_PHONES = ("+628110000051", "+628110000052")
_TEXTS = (
    "jalan rusak parah banyak lubang",
    "lokasinya di Purwokerto",
    "Lampu jalan mati di Jalan Gerilya Purwokerto Selatan Banyumas",
    "belum nyala, masih gelap",
    "belum diperbaiki",
    "sudah beres, terima kasih",
    "nomor rumah 12 cat hijau",
)
_VERDICTS: tuple[Verdict, ...] = ("accepted", "asked", "responded", "closed", "closed", "closed")

# An SMS (text, sender), an answer (case, verdict), a pause in minutes, or the work of a stage on one of its topics.
Step: TypeAlias = tuple[str, int, int]
_ALL: Step = ("work all", 0, 0)
_STEPS = st.one_of(
    st.tuples(st.just("sms"), st.integers(0, len(_TEXTS) - 1), st.integers(0, 1)),
    st.tuples(st.just("answer"), st.integers(0, 3), st.integers(0, len(_VERDICTS) - 1)),
    st.tuples(st.just("wait"), st.sampled_from((1, 90, 60 * 24, 60 * 24 * 16)), st.just(0)),
    st.tuples(st.just("work"), st.integers(0, 3), st.just(0)),
    st.just(_ALL),
)


class City:
    """Citizens, a normalizer, a router, and agencies. Each stage reads each of its topics as far as a step says."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        self._parts = parts
        self.now = NOW
        self._engine = engine
        language = language_of()
        conversation = Conversation(TraitsReaderSource(FixedSource(language)), {"sms"}, DEADLINES.may_object)
        matcher = DuplicateDetection(language, load_duplicate_weights()).matcher
        normalizer = make_normalizer(self._engine, parts.sealer, matcher=matcher, conversation=conversation)
        router = make_router(self._engine, fixed_rules_source(SHIPPED), self._clock)
        self._stages = (normalizer, normalizer, router, router)
        self._topics = ("raw-sms", ANSWER_OUTCOMES, COMPLAINTS, AGENCY_ANSWERS)
        self._waiting: tuple[deque[Record], ...] = (deque(), deque(), deque(), deque())
        self._offset = 0
        # Words by the message's id.
        self.words: dict[UUID, str] = {}
        # Dispatches by complaint in the order of publication, and the dispatches whose case the router has closed.
        self.dispatches: dict[UUID, list[Dispatch]] = defaultdict(list)
        self._closed: set[UUID] = set()
        self.unseen: list[str] = []

    def play(self, step: Step) -> None:
        """Play one step."""
        name, first, second = step
        match name:
            case "sms":
                self._send(_TEXTS[first], _PHONES[second])
            case "answer":
                self._answer(first, _VERDICTS[second])
            case "wait":
                self.now += timedelta(minutes=first)
            case "work":
                self._work(first)
            case "work all":
                self.work_all()

    def work_all(self) -> None:
        """Let the stages work until nothing waits."""
        while any(self._waiting):
            for reader in range(len(self._stages)):
                self._work(reader)

    def _clock(self) -> datetime:
        return self.now

    def _send(self, text: str, phone: str) -> None:
        self.now += timedelta(seconds=1)
        message = records.sms(self._parts, text, phone, when=self.now, proof="twilio-signature")
        self.words[codec.decode(RawMessage, message.value, message.headers).id] = text
        self._publish(message)

    def _answer(self, position: int, verdict: Verdict) -> None:
        """Let the agency that holds a case answer its latest dispatch."""
        cases = [hops[-1] for hops in self.dispatches.values() if hops[-1].own_case]
        if not cases:
            return
        case = cases[position % len(cases)]
        self.now += timedelta(seconds=1)
        text = f"Jawaban {self._offset}."
        answer = AgencyAnswer(
            id=ids.answer_id(case.id, verdict, text),
            message_id=case.message_id,
            at=self.now,
            complaint_id=case.complaint_id,
            dispatch_id=case.id,
            agency=case.agency,
            verdict=verdict,
            text=text,
        )
        encoded = codec.encode(ANSWER_KEYS.sign(answer), str(case.complaint_id), "/tests")
        self._publish(Outgoing(AGENCY_ANSWERS, *encoded))

    def _publish(self, message: Outgoing) -> None:
        self._offset += 1
        record = records.at(message, self._offset, self.now)
        for topic, waiting in zip(self._topics, self._waiting, strict=True):
            if topic == message.topic:
                waiting.append(record)

    def _work(self, reader: int) -> None:
        """Let a stage process everything that waits in one of its topics."""
        batch = list(self._waiting[reader])
        self._waiting[reader].clear()
        for record in batch:
            for output in self._stages[reader].handle([record]):
                self._publish(output)
                if output.topic.startswith(agency_topic("")):
                    self._read_dispatch(codec.decode(Dispatch, output.value, output.headers))
            if self._topics[reader] == AGENCY_ANSWERS:
                answer = codec.decode(AgencyAnswer, record.value, record.headers)
                self._closed.update([answer.dispatch_id] if answer.verdict == "closed" else [])

    def _read_dispatch(self, dispatch: Dispatch) -> None:
        """Note a message that accompanies a closed case, where no agency looks for anything new."""
        self.dispatches[dispatch.complaint_id].append(dispatch)
        if dispatch.own_case or dispatch.follow_up.act == "confirms":
            return
        if self._case_of(dispatch).id in self._closed:
            self.unseen.append(f"{dispatch.report.text} {dispatch.follow_up.act}")

    def _case_of(self, dispatch: Dispatch) -> Dispatch:
        """Return the latest dispatch of the case that a dispatch accompanies."""
        while not dispatch.own_case:
            assert dispatch.relation.of
            dispatch = self.dispatches[dispatch.relation.of][-1]
        return dispatch

    def undispatched(self) -> list[str]:
        """Return the words that are in no queue."""
        hops = [hop for hops in self.dispatches.values() for hop in hops]
        texts = {hop.message_id: hop.report.text for hop in hops}
        return [words for message_id, words in self.words.items() if words not in texts.get(message_id, "")]


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEPS, max_size=25))
@example(
    [
        *[("sms", 2, 0), _ALL, ("answer", 0, 3), _ALL, ("wait", 90, 0), ("sms", 3, 0), _ALL],
        *[("answer", 0, 3), _ALL, ("sms", 3, 0), ("sms", 5, 0)],
    ]
)
@example(
    [
        ("sms", 0, 0),
        ("work", 0, 0),
        ("sms", 1, 0),
        ("work all", 0, 0),
        ("answer", 0, 1),
        ("work all", 0, 0),
        ("sms", 6, 0),
    ]
)
@example(
    [
        ("sms", 2, 0),
        ("work all", 0, 0),
        ("sms", 2, 1),
        ("work all", 0, 0),
        ("answer", 0, 3),
        ("work", 1, 0),
        ("sms", 3, 1),
    ]
)
def test_every_word_is_seen(parts: Parts, database: Databases, tmp_path: Path, steps: list[Step]) -> None:
    """Each message is in the queue of an agency or of triage, and none accompanies a case that is closed already."""
    with database.engine(tmp_path / "city") as engine:
        city = City(parts, engine)
        for step in steps:
            city.play(step)
        city.work_all()
        assert (city.undispatched(), city.unseen) == ([], [])
