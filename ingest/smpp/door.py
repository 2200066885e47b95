"""Stores the SMS parts that the SMSC delivers, and forwards messages that are complete or overdue.

It does not know the connection. A deliver_sm is acknowledged to the SMSC when its part is in the database. From there
it is forwarded independently: a crash, or a bus that is away, only delays it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bus.errors import Retry, Stop
from bus.port import Producer
from ingest.smpp.acknowledgements import AcknowledgementQueue
from ingest.smpp.adapter import Acknowledgement, SmppAdapter
from ingest.smpp.part_store import PartStore, SmsPart
from ingest.smpp.pdu import MalformedPdu, parse_deliver_sm
from ingest.wrap import accepted_record, quarantine_record
from messages.payloads.sms import ParsedSms, parse_sms
from messages.sealing import UnsealError
from messages.shapes import RawMessage

# Parts that may wait for a bus that is away. Beyond that the SMSC has to keep them.
MAX_WAITING_PARTS = 100_000

_log = structlog.get_logger()


class SmppDoor:
    """Receives PDUs, forwards messages and hands out acknowledgements. Safe for several threads.

    `acknowledgement_text` returns the text for the sender of a message that is stored; an empty text sends nothing.
    While `is_full`, too many parts wait for the bus and no part is accepted.
    """

    def __init__(
        self,
        adapter: SmppAdapter,
        parts: PartStore,
        acknowledgements: AcknowledgementQueue,
        producer: Producer,
        acknowledgement_text: Callable[[RawMessage, ParsedSms], str],
        now: Callable[[], datetime],
        max_waiting_parts: int = MAX_WAITING_PARTS,
    ) -> None:
        self._adapter = adapter
        self._parts = parts
        self._acknowledgements = acknowledgements
        self._producer = producer
        self._acknowledgement_text = acknowledgement_text
        self._now = now
        self._max_waiting_parts = max_waiting_parts
        self.is_full = False

    def receive(self, pdu: bytes) -> None:
        """Store a deliver_sm durably. Raises `DatabaseUnavailable` or `Retry` if it is not stored."""
        try:
            sms = parse_deliver_sm(pdu)
        except MalformedPdu:
            malformed = self._adapter.wrap_malformed(pdu, self._now())
            self._producer.publish([quarantine_record(malformed, "malformed")])
            _log.warning("smpp.quarantined", message_id=str(malformed.id))
            return
        if sms.is_receipt:
            _log.info("smpp.receipt_ignored")
            return
        if self.is_full:
            raise Retry("too many parts wait for the bus")
        part = self._adapter.build_part(sms)
        if not self._parts.add(part, self._now()):
            _log.info("smpp.duplicate_received", part=part.number, of=part.total)

    def forward(self) -> int:
        """Forward the messages that are due and return their number.

        Raises `DatabaseUnavailable`, or `Retry` if the bus is away.
        """
        messages = self._parts.due_messages(self._now())
        try:
            for parts in messages:
                self._forward_message(parts)
        except Retry:
            self.is_full = self._parts.count_waiting() >= self._max_waiting_parts
            raise
        self.is_full = False
        return len(messages)

    def delete_expired(self) -> None:
        """Delete parts and acknowledgements that are of no more use. Raises `DatabaseUnavailable`."""
        self._parts.delete_expired(self._now())
        self._acknowledgements.delete_expired(self._now())

    def next_acknowledgement(self) -> tuple[str, Acknowledgement] | None:
        """Return an acknowledgement to send now with its mark, or `None`. Raises `DatabaseUnavailable`."""
        due = self._acknowledgements.take_due(self._now())
        return due and (due.mark, self._adapter.open_acknowledgement(due.mark, due.content))

    def close_acknowledgement(self, mark: str) -> None:
        """Record that the SMSC accepted the acknowledgement, or will never accept it. Raises `DatabaseUnavailable`."""
        self._acknowledgements.close(mark)

    def postpone_acknowledgement(self, mark: str, seconds: float) -> None:
        """Send the acknowledgement again after `seconds`: the SMSC is too busy. Raises `DatabaseUnavailable`."""
        self._acknowledgements.postpone(mark, self._now() + timedelta(seconds=seconds))

    def _forward_message(self, parts: Sequence[SmsPart]) -> None:
        """Publish the message, queue its acknowledgement, then mark the parts. A crash repeats all three steps."""
        try:
            message = self._adapter.join_parts(parts)
        except UnsealError as error:
            raise Stop(
                f"an SMS part cannot be opened ({error}): check that SATUPINTU_SECRET_KEY is the same"
            ) from error
        self._producer.publish([accepted_record(message.raw)])
        if message.can_be_acknowledged and (text := self._acknowledgement_text(message.raw, parse_sms(message.text))):
            sealed = self._adapter.seal_acknowledgement(message, text)
            self._acknowledgements.add(message.mark, sealed, self._now())
        self._parts.mark_forwarded(parts)
        _log.info("smpp.joined", message_id=str(message.raw.id), parts=len(parts), of=parts[0].total)
