"""All stages on one database, and a person with a canary: invented words that are looked for in every table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import Engine, insert, inspect, text

from app.assembly.derivation_names import derivation_names
from app.assembly.parts import Parts
from app.database import open_key_database
from app.operations.forgetting.forgetting import Forgetting
from app.operations.forgetting.stage import ForgetStage
from bus.port import Outgoing, Record
from bus.worker import Stage
from config.database import read_transaction, write_transaction
from ingest.files.attachments import AttachmentRow
from messages import codec, ids
from messages.sealing import Sealer
from messages.shapes import AgencyAnswer, Attachment, Complaint, Dispatch, RawMessage
from messages.topics import (
    AGENCY_ANSWERS,
    ANSWER_OUTCOMES,
    COMPLAINTS,
    CORRECTION_OUTCOMES,
    CORRECTIONS,
    FORGOTTEN,
    OVERSIGHT,
    RECOMMENDATIONS,
    REPLIES,
)
from normalize.conversation.conversation import Conversation, TraitsReaderSource
from privacy.person_keys import PersonSealer
from tests.conftest import NOW
from tests.desk.harness import make_sink
from tests.privacy.key_harness import KeyProcess
from tests.support import records
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.case_stages import make_case_stage
from tests.support.deadlines import DEADLINES
from tests.support.fixed_source import FixedSource
from tests.support.recommendations import answer_to, message_of, recommendation
from tests.support.rules import SMALL, fixed_rules_source, language_of
from tests.support.stages import make_normalizer, make_reply_sink, make_router

PHONE, NAME, NIK, STREET = "+6281234500099", "Sekarwangi Kenaridewi", "3374019912810099", "Gang Burung Kenari 99"
# In small letters, as the index of words has them.
CANARY = ("sekarwangi", "kenaridewi", "3374019912810099", "81234500099", "burung kenari")
WORDS = f"Lampu jalan padam di Kota Semarang. Saya {NAME}, NIK {NIK}, {STREET}, telepon {PHONE}"
PICTURE = UUID("00000000-0000-4000-8000-0000000000aa")
_ATTACHMENT = Attachment(id=PICTURE, media_type="image/png", size=3, sha256="aa")


@dataclass
class Town:
    """Stages that process what is on an invented bus, and the clock."""

    parts: Parts
    engine: Engine
    now: datetime = NOW
    log: list[Record] = field(default_factory=list)
    outputs: list[Outgoing] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the stages with the keys of this town."""
        self.key_engine = open_key_database(self.engine)
        self.keys = KeyProcess(self.key_engine)
        self.parts.keys.sealer = PersonSealer(self.parts.secrets.seal_keys, self.keys.keys)
        self._offsets = count()
        conversation = Conversation(TraitsReaderSource(FixedSource(language_of())), {"sms"}, DEADLINES.may_object)
        self.forgetting = Forgetting(
            self.engine,
            self.keys.store,
            self.parts.wrapper.sender_hash,
            self.parts.sealer,
            lambda: self.now,
            derivation_names(self.parts.settings),
        )
        self.normalizer = make_normalizer(self.engine, self.parts.sealer, conversation=conversation)
        self.router = make_router(self.engine, fixed_rules_source(SMALL), lambda: self.now)
        self.ledger = make_case_stage(self.engine)
        self.replies = make_reply_sink(self.engine)
        self.desk = make_sink(self.engine)
        self.forget_stage = ForgetStage(self.engine, self.forgetting)

    def stages_of(self, topic: str) -> Sequence[Stage]:
        """Return the stages that read a topic, in the order of the pipeline."""
        if topic.startswith("raw-"):
            return (self.normalizer,)
        if topic.startswith("agency-") and topic != AGENCY_ANSWERS:
            return (self.ledger, self.desk)
        readers: dict[str, Sequence[Stage]] = {
            COMPLAINTS: (self.router, self.ledger, self.replies, self.desk, self.forget_stage),
            AGENCY_ANSWERS: (self.router, self.ledger, self.desk),
            ANSWER_OUTCOMES: (self.normalizer,),
            CORRECTIONS: (self.router, self.ledger, self.desk),
            CORRECTION_OUTCOMES: (self.normalizer,),
            OVERSIGHT: (self.ledger,),
            REPLIES: (self.replies,),
            FORGOTTEN: (self.forget_stage,),
            RECOMMENDATIONS: (self.desk,),
        }
        return readers[topic]

    def publish(self, *messages: Outgoing) -> None:
        """Put messages on the bus and process all that follows from them."""
        waiting = [*messages]
        while waiting:
            record = records.at(waiting.pop(0), next(self._offsets), self.now)
            self.log.append(record)
            for stage in self.stages_of(record.topic):
                followers = stage.handle([record])
                self.outputs += followers
                waiting += followers

    def replay(self, topics: Iterable[str] | None = None) -> Sequence[Outgoing]:
        """Process all records of these topics again, or of all. Return what the stages publish."""
        chosen = None if topics is None else set(topics)
        again = [record for record in self.log if chosen is None or record.topic in chosen]
        stages = [(record, stage) for record in again for stage in self.stages_of(record.topic)]
        return [output for record, stage in stages for output in stage.handle([record])]

    def report(self, words: str = WORDS, *, picture: bool = False, phone: str = PHONE) -> RawMessage:
        """Let the person send an SMS, and process it."""
        message = records.sms(self.parts, words, phone, when=self.now, proof="twilio-signature")
        raw = codec.decode(RawMessage, message.value, message.headers)
        if picture:
            raw = raw.model_copy(update={"attachments": (_ATTACHMENT,)})
            message = Outgoing(message.topic, *codec.encode(raw, raw.sender, "/tests"))
        self.publish(message)
        self.now += timedelta(minutes=1)
        return raw

    def dispatches(self) -> Sequence[Dispatch]:
        """Return all dispatches on the bus, in order."""
        queued = [record for record in self.log if record.topic.startswith("agency-")]
        return [
            codec.decode(Dispatch, record.value, record.headers) for record in queued if record.topic != AGENCY_ANSWERS
        ]

    def complaints(self) -> Sequence[Complaint]:
        """Return all complaints on the bus, in order."""
        return [codec.decode(Complaint, r.value, r.headers) for r in self.log if r.topic == COMPLAINTS]

    def answer(self, dispatch: Dispatch, words: str) -> None:
        """Let the agency respond to a dispatch."""
        answer: AgencyAnswer = signed(unsigned_answer(dispatch, "responded", text=words, at=self.now))
        self.publish(Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(answer.complaint_id), "/tests")))

    def recommend(self, dispatch: Dispatch, words: str) -> None:
        """Let an overseer recommend something about the report of a dispatch, and its agency answer, in these words."""
        recommended = recommendation(dispatch, words)
        self.publish(message_of(recommended), message_of(answer_to(recommended, text=words)))

    def store_picture(self) -> None:
        """Store the file that reports with a picture name."""
        body = Sealer([b"s" * 64]).seal(b"png", PICTURE)
        row = {**_ATTACHMENT.model_dump(), "body": body, "kept_at": NOW, "brought_at": NOW}
        with write_transaction(self.engine) as connection:
            connection.execute(insert(AttachmentRow).values(row))


def rows_with_canary(engine: Engine) -> dict[str, int]:
    """Return the number of values with a word of the canary, by table and column."""
    counts: dict[str, int] = {}
    with read_transaction(engine) as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")).mappings():  # noqa: S608 - our own tables
                for column, value in row.items():
                    if any(word in str(value).lower() for word in CANARY):
                        counts[f"{table}.{column}"] = counts.get(f"{table}.{column}", 0) + 1
    return counts


def complaint_of(raw: RawMessage) -> UUID:
    """Return the complaint that a message became."""
    return ids.complaint_id(raw.message_id)
