"""Lets the SMS doors do acts with a code: finds the sender's reports, keeps the codes, and publishes the act."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select
from sqlmodel import col, select

from app.assembly.doors.parts import DoorParts
from bus.errors import Retry
from bus.port import Producer
from cases.facts.tables import ComplaintFact
from cases.words.conditions import is_of_complaint
from cases.words.tables import CaseWords
from config.database import read_transaction
from ingest.sms.channel import CHANNEL
from ingest.sms_acts import ActsUnavailable, CodedAct, OwnReport, TooManyCodes
from ingest.web.contact_proof.code_store import CodeStore, CodeToSend
from ingest.web.contact_proof.decision import CODE_DIGITS
from ingest.wrap import OpenMessage, Wrapper, accepted_record
from messages.payloads.follow_up import CONTENT_TYPE, FollowUpSubmission
from messages.sealing import Sealed, Sealer, UnsealError
from messages.shapes import Contact, RawMessage, SenderAct
from pages.refusals import Refused
from privacy.tables import PersonReport

# Makes a message durable. Raises `ActsUnavailable` if the bus cannot take it.
Publish = Callable[[OpenMessage], None]
_PURPOSE = "sms-act"


class CodedActs:
    """See `ingest.sms_acts.SmsActs`. The telephone is the keyed hash of its sender.

    A code is derived from the message that asks for it, with a secret key: nothing keeps it, and a message that the
    operator delivers twice has one code. The act is published under the id of its code: it is one act, however often
    the code arrives before it counts as used.
    """

    def __init__(
        self,
        engine: Engine,
        wrapper: Wrapper,
        sealer: Sealer,
        key: bytes,
        codes: CodeStore,
        publish: Publish,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._wrapper = wrapper
        self._sealer = sealer
        self._key = hmac.digest(key, b"sms act", hashlib.sha256)
        self._codes = codes
        self._publish = publish
        self._now = now

    def own_report(self, raw: RawMessage, number: str) -> OwnReport | None:
        """Return the report with this number if it came from the sender of a message."""
        return self._first(_reports_of(raw.sender).where(col(ComplaintFact.tracking) == number))

    def report_with_contact(self, raw: RawMessage, number: str) -> OwnReport | None:
        """Return the report with this number if the telephone of a message is its contact.

        Whoever typed the number in the form proved nothing. The code goes to that telephone: who has it, and knows the
        number of the report, may withdraw it.
        """
        columns = col(ComplaintFact.message_id), col(ComplaintFact.tracking), col(CaseWords.contact)
        query = select(*columns).join(CaseWords, is_of_complaint()).where(col(ComplaintFact.tracking) == number)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        phone = self._phone(row.contact, row.message_id) if row else ""
        is_same = bool(phone) and self._wrapper.sender_hash(f"tel:{phone}") == raw.sender
        return OwnReport(row.message_id, row.tracking) if row and is_same else None

    def newest_report(self, raw: RawMessage) -> OwnReport | None:
        """Return the newest report of the sender of a message."""
        newest_first = col(ComplaintFact.received_at).desc(), col(ComplaintFact.id)
        return self._first(_reports_of(raw.sender).order_by(*newest_first).limit(1))

    def new_code(self, raw: RawMessage, act: SenderAct, report: OwnReport) -> str:
        """Return the code for an act on a report. Raises `TooManyCodes`."""
        code = self._code_of(raw.id)
        purpose = f"{_PURPOSE}:{act}:{report.message_id}:{report.tracking}"
        try:
            self._codes.add(CodeToSend(raw.id, raw.sender, purpose, code), self._now())
        except Refused as refused:
            raise TooManyCodes(refused.retry_after or 0) from refused
        return code

    def do(self, raw: RawMessage, act: SenderAct | None, code: str) -> CodedAct:
        """Do the act of the last code for the sender of a message. Raises `ActsUnavailable`."""
        purpose = f"{_PURPOSE}:{act}" if act else _PURPOSE
        checked = self._codes.check(raw.sender, purpose, code, self._now(), uses=False)
        if checked.is_repeated:
            return CodedAct("repeated")
        if checked.verdict != "proven" or checked.id is None:
            return CodedAct("wrong" if checked.verdict == "wrong" else "over")
        submission, tracking = _submission(checked.purpose)
        self._publish(self._message(raw, submission, checked.id))
        self._codes.use(checked.id, self._now())
        return CodedAct("done", submission.act, tracking)

    def _message(self, raw: RawMessage, submission: FollowUpSubmission, code_id: UUID) -> OpenMessage:
        """Return the act as a message of its sender, in the order of the sender's other messages."""
        body, provider_id = submission.model_dump_json().encode(), f"act:{code_id}"
        message = self._wrapper.open_message(CHANNEL.name, provider_id, "", body, raw.at, CONTENT_TYPE, "sms-code")
        return message.with_fields(sender=raw.sender)

    def _code_of(self, message_id: UUID) -> str:
        digest = hmac.digest(self._key, message_id.bytes, hashlib.sha256)
        return f"{int.from_bytes(digest, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def _phone(self, sealed: str, message_id: UUID) -> str:
        """Return the number in a sealed contact; empty without one, and if it was removed."""
        try:
            return Contact.model_validate_json(self._sealer.open(Sealed(sealed), message_id)).phone if sealed else ""
        except UnsealError:
            return ""

    def _first(self, query: Select[Any]) -> OwnReport | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return OwnReport(row.message_id, row.tracking) if row else None


def coded_acts(parts: DoorParts, publish: Publish, now: Callable[[], datetime] | None = None) -> CodedActs:
    """Return the acts of a process's doors. `now` is the clock of a door that has its own."""
    key = parts.secrets.sender_key
    codes = CodeStore(parts.engine, key, parts.settings.codes_per_day)
    return CodedActs(parts.engine, parts.wrapper, parts.sealer, key, codes, publish, now or parts.now)


def published_by(producer: Producer, wrapper: Wrapper) -> Publish:
    """Return the function that publishes an act on the bus itself."""

    def publish(message: OpenMessage) -> None:
        try:
            producer.publish([accepted_record(wrapper.seal(message))])
        except Retry as error:
            raise ActsUnavailable from error

    return publish


def _submission(purpose: str) -> tuple[FollowUpSubmission, str]:
    """Return the act that a code is for, and the number of its report."""
    _, act, message_id, tracking = purpose.split(":")
    return FollowUpSubmission.model_validate({"message_id": message_id, "act": act}), tracking


def _reports_of(sender: str) -> Select[Any]:
    columns: Sequence[Any] = (col(ComplaintFact.message_id), col(ComplaintFact.tracking))
    is_same = col(PersonReport.complaint_id) == col(ComplaintFact.id)
    query: Select[Any] = select(*columns).join(PersonReport, is_same).where(col(PersonReport.sender) == sender)
    return query
