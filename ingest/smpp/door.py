"""Takes what the SMSC hands over, and hands on what is whole or has waited long enough. Knows nothing of the line.

A deliver_sm is acknowledged when its part is in the database. From there it goes on by itself: a crash, or a bus that
is away, only delays it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bus.errors import Retry, Stop
from bus.port import Producer
from ingest.smpp.acknowledgements import Outbox
from ingest.smpp.adapter import Answer, SmppAdapter
from ingest.smpp.part_store import PartStore, SmsPart
from ingest.smpp.pdu import Malformed, parse
from ingest.wrap import accepted_record, quarantine_record
from messages.sealing import UnsealError
from messages.shapes import RawMessage
from messages.sms import ParsedSms, parse_sms

# Parts that may wait for a bus that is away; beyond that the SMSC keeps them.
MOST_WAITING = 100_000

_log = structlog.get_logger()


class SmppDoor:
    """`answer` says what to tell the sender of a message that is durable; empty: nothing. Safe for several threads.

    `full` while too many parts wait for the bus: then nothing is taken.
    """

    def __init__(
        self,
        adapter: SmppAdapter,
        parts: PartStore,
        outbox: Outbox,
        producer: Producer,
        answer: Callable[[RawMessage, ParsedSms], str],
        now: Callable[[], datetime],
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._adapter = adapter
        self._parts = parts
        self._outbox = outbox
        self._producer = producer
        self._answer = answer
        self._now = now
        self._most_waiting = most_waiting
        self.full = False

    def take(self, pdu: bytes) -> None:
        """Keep a deliver_sm; durable when this returns. Raises `DatabaseUnavailable` or `Retry` when it is not kept."""
        try:
            delivered = parse(pdu)
        except Malformed:
            kept = self._adapter.held(pdu, self._now())
            self._producer.publish([quarantine_record(kept, "malformed")])
            _log.warning("smpp.quarantined", message_id=str(kept.id))
            return
        if delivered.receipt:
            _log.info("smpp.receipt")
            return
        if self.full:
            raise Retry("too many parts wait for the bus")
        part = self._adapter.part(delivered)
        if not self._parts.add(part, self._now()):
            _log.info("smpp.delivered_again", part=part.number, of=part.total)

    def forward(self) -> int:
        """Hand on what is due; return their number. Raises `DatabaseUnavailable`, or `Retry` when the bus is away."""
        messages = self._parts.due(self._now())
        try:
            for parts in messages:
                self._forward(parts)
        except Retry:
            self.full = self._parts.waiting() >= self._most_waiting
            raise
        self.full = False
        return len(messages)

    def forget(self) -> None:
        """Drop what is of no more use. Raises `DatabaseUnavailable`."""
        self._parts.forget(self._now())
        self._outbox.forget(self._now())

    def next_answer(self) -> tuple[str, Answer] | None:
        """An answer to send now, and its mark. Raises `DatabaseUnavailable`."""
        waiting = self._outbox.take(self._now())
        return waiting and (waiting.mark, self._adapter.open_answer(waiting.mark, waiting.content))

    def answered(self, mark: str) -> None:
        """The SMSC has the answer, or will never take it. Raises `DatabaseUnavailable`."""
        self._outbox.done(mark)

    def answer_later(self, mark: str, seconds: float) -> None:
        """The SMSC is too busy. Raises `DatabaseUnavailable`."""
        self._outbox.later(mark, self._now() + timedelta(seconds=seconds))

    def _forward(self, parts: Sequence[SmsPart]) -> None:
        """First the bus, then the answer, then the note that it is done: after a crash all of it is done again."""
        try:
            message = self._adapter.message(parts)
        except UnsealError as error:
            raise Stop(f"a part can't be opened ({error}): is SATUPINTU_SECRET_KEY another one?") from error
        self._producer.publish([accepted_record(message.raw)])
        if message.answerable and (text := self._answer(message.raw, parse_sms(message.text))):
            self._outbox.add(message.mark, self._adapter.seal_answer(message, text), self._now())
        self._parts.forwarded(parts)
        _log.info("smpp.joined", message_id=str(message.raw.id), parts=len(parts), of=parts[0].total)
