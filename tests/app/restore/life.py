"""A service that has lived: reports on two channels, answers, a refusal, an objection, corrections and dead letters."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.assembly.parts import Parts
from app.operations.agency_answers import AgencyAnswers
from app.operations.corrections import Corrections
from app.tables import METADATA
from bus.local.restorer import LocalRestorer
from bus.port import Outgoing, Partition
from config.database import read_transaction
from config.settings import Settings
from messages import codec, ids
from messages.shapes import RawMessage
from messages.topics import AGENCY_ANSWERS, dead_letter_topic
from router.store import dispatch_history
from tests.end_to_end.dialogues.service import DialogueService, running_stages
from tests.support import records
from tests.support.paths import SMALL_TABLES
from tests.support.recommendations import answer_to, message_of, recommendation

SECRET = "one secret for the archived and the restored system"
LAMP = "Lampu jalan di Jl. Kenanga RT 3 RW 5 depan pasar padam sejak tiga malam, Kota Semarang. Mohon diperbaiki."
# Columns that need not be equal: the record that led to a later hop is not stored again, the time of processing is new,
# and the key of a new person is random.
_FREE_COLUMNS = {
    *(("router_dispatch", "position"), ("router_dispatch", "cause_id"), ("router_answer", "processed_at")),
    *(("case_words", "contact"), ("replies_recipient", "contact"), ("normalize_revision", "number")),
    # The order in which the stages read the topics.
    *(("case_log", "position"), ("case_derivation", "position"), ("desk_case_change", "seq")),
}
# Columns that depend on the offsets, and on the order in which the desk read the records.
_BY_BATCH = {"position", "seq", "next_offset"}
_RESTORED = (
    *("normalize_", "router_", "case_", "ledger_", "desk_case", "desk_accompanying", "oversight_case", "oversight_day"),
    "replies_recipient",
)


class Life:
    """Sends messages to a service and acts on its cases. `numbers` are the tracking numbers by label."""

    def __init__(
        self,
        service: DialogueService,
        numbers: Mapping[str, str] = MappingProxyType({}),
        messages: Mapping[str, UUID] = MappingProxyType({}),
    ) -> None:
        self.service = service
        self.parts = service.parts
        self.numbers = dict(numbers)
        self.messages = dict(messages)

    def web(self, label: str, text: str, phone: str, **fields: Any) -> None:
        """Send a report by the form."""
        self._send(label, records.web(self.parts, text, self.service.clock.now(), label, phone=phone, **fields))

    def sms(self, label: str, text: str, phone: str) -> None:
        """Send an SMS."""
        now = self.service.clock.now()
        self._send(label, records.sms(self.parts, text, phone, f"SM{label}", now, "twilio-signature"))

    def follow(self, label: str, of: str, act: Any, text: str) -> None:
        """Send a follow-up by the sender's own link."""
        self._send(label, records.followed(self.parts, self.messages[of], act, text, self.service.clock.now()))

    def answer(self, label: str, verdict: str, text: str, suggested_agency: str | None = None) -> None:
        """Let the agency that has a case answer."""
        self.service.clock.wait(7)
        parts, now = self.parts, self.service.clock.now()
        answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys)
        answers.publish(self.numbers[label], verdict, text, suggested_agency, now, "petugas-1")
        self.service.run()

    def recommend(self, label: str, text: str) -> None:
        """Let an overseer recommend something about a case, and its agency answer."""
        self.service.clock.wait(7)
        with read_transaction(self.parts.engine) as connection:
            dispatch = dispatch_history(connection, ids.complaint_id(self.messages[label]))[-1]
        recommended = recommendation(dispatch, text)
        with closing(self.parts.bus.producer()) as producer:
            producer.publish([message_of(recommended), message_of(answer_to(recommended))])
        self.service.run()

    def merge(self, case: str, label: str) -> None:
        """Merge a report into another one, as a person."""
        with self._corrections() as corrections:
            now = self.service.clock.now()
            corrections.merge(self.numbers[case], self.numbers[label], "joins", "petugas-1", "hal yang sama", now)

    def split(self, label: str) -> None:
        """Split a report from its case, as a person."""
        with self._corrections() as corrections:
            corrections.split(self.numbers[label], "petugas-1", "hal lain", self.service.clock.now())

    @contextmanager
    def _corrections(self) -> Iterator[Corrections]:
        self.service.clock.wait(7)
        with closing(self.parts.bus.producer()) as producer:
            yield Corrections(self.parts.engine, producer, self.parts.audit_log)
        self.service.run()

    def _send(self, label: str, message: Outgoing) -> None:
        self.service.clock.wait(7)
        raw = codec.decode(RawMessage, message.value, message.headers)
        self.numbers[label], self.messages[label] = raw.tracking, raw.id
        with closing(self.parts.bus.producer()) as producer:
            producer.publish([message])
        self.service.run()


@contextmanager
def service_in(home: Path, templates: Path, **values: str) -> Iterator[DialogueService]:
    """Yield a service in a folder, on a migrated database."""
    with running_stages(settings_of(home, **values), templates) as service:
        yield service


def settings_of(home: Path, **values: str) -> Settings:
    """Return the settings of a system in a folder."""
    home.mkdir(exist_ok=True)
    return Settings.model_validate({"home": home, "secret_key": SECRET, "reference_folder": SMALL_TABLES, **values})


def live(life: Life) -> None:
    """Let some weeks pass."""
    life.web("lamp", LAMP, "+628000000001")
    life.web("lamp again", LAMP, "+628000000001")
    life.web("lamp of another", LAMP.replace("Mohon", "Tolong segera"), "+628000000002")
    life.web("clinic", "Kemenkes tolong, antrean puskesmas kami sangat lama dan dokternya tidak ada", "+628000000003")
    life.web("road", "Jalan berlubang besar di Jl. Melati dekat jembatan, Kab. Sleman, berbahaya", "+628000000004")
    life.web("water", "Air PDAM keruh dan bau sudah seminggu di Perumahan Asri, Kota Bandung", "+628000000005")
    life.web("test", "test", "+628000000006")
    life.sms("sms", "LAPOR sampah menumpuk dan bau busuk, sudah seminggu tidak diangkut", "+628000000007")
    life.sms("sms place", "di Kec. Gamping Kab. Sleman", "+628000000007")
    life.answer("clinic", "refused", "bukan kami", "bumn-pln")
    life.answer("clinic", "accepted", "Kami terima.")
    life.recommend("clinic", "Periksa ulang antrean ini.")
    life.answer("road", "refused", "jalan ini bukan wewenang kami")
    life.answer("lamp", "responded", "Petugas kami datang besok pagi.")
    life.answer("lamp", "closed", "Sudah diperbaiki.")
    life.follow("objection", "lamp", "objects", "Lampunya masih padam sampai malam ini.")
    life.merge("road", "water")
    life.split("water")
    life.answer("sms", "closed", "Sudah diangkut.")
    life.sms("sms not done", "BELUM, sampahnya masih ada", "+628000000007")


def live_on(life: Life) -> None:
    """Continue after the restore: messages that depend on what was decided before."""
    life.web("lamp for the third time", LAMP, "+628000000001")
    life.web("lamp of a third", LAMP.replace("Mohon", "Harap segera"), "+628000000008")
    life.sms("sms more", "TAMBAH sekarang sampai ke jalan", "+628000000007")
    life.answer("clinic", "responded", "Kami periksa.")
    life.answer("lamp", "closed", "Kali ini sudah menyala.")
    life.merge("road", "water")


def plant_dead_letters(parts: Parts) -> None:
    """Add an arrival and an answer that became dead letters, as the workers commit them."""
    junk = Outgoing("raw-web", b"junk", b"{", (("ce_id", b"11111111-1111-4111-8111-111111111111"),))
    forged = Outgoing(AGENCY_ANSWERS, b"junk", b"{}", (("ce_id", b"22222222-2222-4222-8222-222222222222"),))
    for stage, message in (("normalize", junk), ("router", forged)):
        with closing(parts.bus.producer()) as producer, closing(parts.bus.reader()) as reader:
            producer.publish([message])
            (record,) = [each for each in reader.read([message.topic]) if each.value == message.value]
            explanation = (("dead_stage", stage.encode()), ("dead_position", record.position.encode()))
            letter = Outgoing(dead_letter_topic(stage), b"", message.value, message.headers + explanation)
            producer.publish([letter])
        with closing(LocalRestorer(parts.settings.home / "bus.db")) as restorer:
            for group in ("normalize", "router", "cases"):
                restorer.commit(group, {Partition(record.topic, record.partition): record.offset + 1})


def restored_rows(parts: Parts, *, with_positions: bool = True) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """Return the rows of every table that a restore fills, without the columns that need not be equal."""
    rows = {}
    with read_transaction(parts.engine) as connection:
        for table in METADATA.sorted_tables:
            if table.name.startswith(_RESTORED):
                columns = [
                    column
                    for column in table.columns
                    if (table.name, column.name) not in _FREE_COLUMNS
                    and (with_positions or column.name not in _BY_BATCH)
                ]
                rows[table.name] = sorted(map(repr, connection.execute(select(*columns)).all()))
    return {name: [(row,) for row in found] for name, found in rows.items()}
