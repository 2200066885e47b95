"""Normalizer, router and ledger with the public view, without a bus: each message goes through all of them."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Outgoing, Record
from cases.derivations.loop import Derivation
from desk.acts.answer_pictures import AnswerPictures
from language.masking import mask_with_labels
from messages import codec
from messages.shapes import Complaint, Dispatch, Verdict
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, OVERSIGHT, REPLIES
from sinks.public.queries import PublicFilter, PublicReports, ShownReport
from sinks.public.read_model import PublicReadModel
from sinks.public.release import Sensitivity
from tests.conftest import NOW
from tests.support import records
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.attachments import ample_space
from tests.support.case_stages import make_case_stage
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router

KEY = b"key of public ids"
EVERYTHING = PublicFilter()
# A word that makes the reports of these tests sensitive; no topic does.
SENSITIVE_WORD = "memukuli"
SENSITIVITY = Sensitivity(frozenset(), frozenset(), lambda words: SENSITIVE_WORD in words)


@dataclass
class Sent:
    """A report that has gone through all stages, with the records that the ledger got."""

    complaint: Complaint
    dispatch: Dispatch
    records: list[Record] = field(default_factory=list)


class PublicPipeline:
    """The stages on one database. `time` is that of all stages; the next day shows what became public."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        self.parts = parts
        self.engine = engine
        self.time = NOW
        self.reports = PublicReports(engine, lambda: self.time)
        self.tomorrow = PublicReports(engine, lambda: self.time + timedelta(days=1))
        self.model = self.model_with(mask_with_labels)
        self._normalizer = make_normalizer(
            engine,
            parts.sealer,
            find_danger=parts.reading.danger_reader.danger,
            find_public=self.reports.open_complaint,
            classifier=parts.reading.classifier,
            conversation=parts.reading.conversation,
        )
        self._router = make_router(engine, fixed_rules_source(), lambda: self.time)
        self.ledger = make_case_stage(engine, derivations=[Derivation("public", self.model.derive_new)])
        self._offset = 0

    def model_with(self, mask: Callable[[str], str]) -> PublicReadModel:
        """Return a read model with a mask."""
        return PublicReadModel(mask, KEY, SENSITIVITY, lambda: self.time)

    @property
    def shown(self) -> Sequence[ShownReport]:
        """All reports that are public from the next day on, the newest first."""
        return self.tomorrow.newest(EVERYTHING, 100)

    def send_taken(self, text: str, **fields: Any) -> Sent:
        """Send a web report, and let its agency accept it."""
        sent = self.send(text, **fields)
        self.answer(sent, "accepted")
        return sent

    def send(self, text: str, **fields: Any) -> Sent:
        """Send a web report through all stages."""
        return self.send_raw(records.web(self.parts, text, **fields))

    def send_raw(self, raw: Outgoing) -> Sent:
        """Send an arrival through all stages."""
        outputs = self._normalizer.handle([self._record(raw)])
        complaint_record = self._record(next(output for output in outputs if output.topic == COMPLAINTS))
        dispatched = self._route(complaint_record)
        complaint = codec.decode(Complaint, complaint_record.value, complaint_record.headers)
        sent = Sent(complaint, _dispatch(dispatched[0]), [complaint_record, *dispatched])
        self.ledger.handle(sent.records)
        return sent

    def answer(self, sent: Sent, verdict: Verdict, **changed: Any) -> None:
        """Let the agency answer; a refusal moves the case. `changed` are fields of the answer."""
        answer = signed(unsigned_answer(sent.dispatch, verdict, at=self.time, **changed))
        outgoing = Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(answer.complaint_id), "/agency"))
        record = self._record(outgoing)
        routed = self._route(record)
        sent.records += [record, *routed]
        self.ledger.handle([record, *routed])
        if dispatched := [following for following in routed if following.topic != ANSWER_OUTCOMES]:
            sent.dispatch = _dispatch(dispatched[-1])

    def picture(self, sent: Sent, content: bytes) -> UUID:
        """Store a picture for answers to the report's dispatch; return its id."""
        engine, take_space = self.engine, ample_space().take
        store = AnswerPictures(engine, self.parts.sealer, lambda _: nullcontext(), take_space, lambda: self.time)
        return store.store(sent.dispatch, lambda: content).id

    def _route(self, record: Record) -> list[Record]:
        """Return the records of the dispatches and outcomes."""
        outputs = self._router.handle([record])
        return [self._record(output) for output in outputs if output.topic not in {OVERSIGHT, REPLIES}]

    def _record(self, message: Outgoing) -> Record:
        self._offset += 1
        return at(message, self._offset, self.time)


def _dispatch(record: Record) -> Dispatch:
    return codec.decode(Dispatch, record.value, record.headers)
