"""A citizen who writes by SMS and on X through a normalizer, and whose agency answers."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.assembly.parts import Parts
from bus.port import Record
from ingest.wrap import accepted_record
from messages import ids
from messages.payloads.smpp import JOINED_SMS, JoinedSms
from messages.shapes import AgencyAnswer, AnswerOutcomeKind, Channel, Verdict, VerifiedBy
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.support import records
from tests.support.outcomes import answer_outcome
from tests.support.records import value_of

PHONE, OTHER_PHONE = "+628110000041", "+628110000042"
_AGENCY = "bumn-pln"


class Citizen:
    """Sends SMS through a normalizer, and lets an agency answer."""

    def __init__(self, parts: Parts, stage: NormalizeStage) -> None:
        self.parts = parts
        self.stage = stage
        self.now = NOW
        self._offset = 0
        self.last_record: Record | None = None

    def send(self, text: str, minutes: float = 5, phone: str = PHONE, *, proven: bool = True) -> Mapping[str, Any]:
        """Send an SMS some minutes later and return the complaint."""
        return self._handle(self.sms(text, minutes, phone, proven=proven))

    def sms(self, text: str, minutes: float = 5, phone: str = PHONE, *, proven: bool = True) -> Record:
        """Return the record of an SMS of some minutes later, which the normalizer has not handled."""
        self.now += timedelta(minutes=minutes)
        message = records.sms(self.parts, text, phone, when=self.now, proof="twilio-signature" if proven else "none")
        return records.at(message, self._next_offset(), self.now)

    def send_joined(self, text: str, mark: str) -> Mapping[str, Any]:
        """Send an SMS of several parts over SMPP five minutes later and return the complaint."""
        self.now += timedelta(minutes=5)
        body = JoinedSms(sender=PHONE, receiver="1708", text=text, mark=mark, parts=()).model_dump_json().encode()
        return self._wrap_and_handle("sms", mark, f"tel:{PHONE}", body, JOINED_SMS, "smpp-bind")

    def post(self, text: str, post_id: str, minutes: float = 5, **fields: Any) -> Mapping[str, Any]:
        """Send a post on X some minutes later and return the complaint."""
        self.now += timedelta(minutes=minutes)
        post = {"id": post_id, "author_id": "77", "text": text, **fields}
        body = json.dumps({"account": "1", "post": post}).encode()
        return self._wrap_and_handle("twitter", f"post:{post_id}", "x:77", body, records.JSON, "x-api")

    def send_again(self) -> Mapping[str, Any]:
        """Let the normalizer handle the last record again and return the complaint."""
        assert self.last_record
        return self._handle(self.last_record)

    def _wrap_and_handle(
        self, channel: Channel, provider_id: str, sender: str, body: bytes, content_type: str, proof: VerifiedBy
    ) -> Mapping[str, Any]:
        raw = self.parts.wrapper.wrap(channel, provider_id, sender, body, self.now, content_type, proof)
        return self._handle(records.at(accepted_record(raw), self._next_offset(), self.now))

    def _handle(self, record: Record) -> Mapping[str, Any]:
        self.last_record = record
        return self.handle(record)[0]

    def handle(self, *batch: Record) -> Sequence[Mapping[str, Any]]:
        """Let the normalizer handle a batch of records and return its outputs."""
        return [value_of(output) for output in self.stage.handle(batch)]

    def answer(
        self,
        complaint: Mapping[str, Any],
        verdict: Verdict,
        minutes: float = 60,
        outcome: AnswerOutcomeKind = "counted",
    ) -> Record:
        """Let the agency answer some minutes later; return the record of the answer's outcome."""
        self.now += timedelta(minutes=minutes)
        record = self.answer_record(complaint, verdict, self.now, outcome)
        self.stage.handle([record])
        return record

    def answer_record(
        self,
        complaint: Mapping[str, Any],
        verdict: Verdict,
        at: datetime,
        outcome: AnswerOutcomeKind = "counted",
        case_id: UUID | None = None,
    ) -> Record:
        """Return the record of an answer's outcome, which the normalizer has not handled.

        Without `case_id`, an answer to a further message of a sender is an answer for the sender's report.
        """
        complaint_id = complaint["id"]
        dispatch_id = ids.dispatch_id(complaint_id, 0)
        answer = AgencyAnswer(
            id=ids.answer_id(dispatch_id, verdict, "Jawaban."),
            message_id=complaint["message_id"],
            at=at,
            complaint_id=complaint_id,
            dispatch_id=dispatch_id,
            agency=_AGENCY,
            verdict=verdict,
            text="Jawaban.",
        )
        relation = complaint["relation"]
        if case_id is None and relation["kind"] == "repeat":
            case_id = UUID(relation["of"])
        return records.at(answer_outcome(answer, at, outcome, case_id), self._next_offset(), at)

    def _next_offset(self) -> int:
        self._offset += 1
        return self._offset


def assert_belongs(message: Mapping[str, Any], report: Mapping[str, Any], act: str, evidence: str) -> None:
    """Check the relation and the act of a message."""
    relation = message["relation"]
    assert (relation["kind"], relation["of"], message["follow_up"]["act"]) == ("repeat", report["id"], act)
    assert relation["evidence"] == ["same-sender", evidence]


def assert_own(message: Mapping[str, Any]) -> None:
    """Check that a message is a report of its own."""
    assert (message["relation"]["kind"], message["follow_up"]["act"]) == ("new", "reports")
