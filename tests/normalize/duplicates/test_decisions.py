"""Decisions of the normalizer on repeats and joins: on each database, in each order, with two normalizers at once."""

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from multiprocessing.connection import Connection
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.database import open_database
from app.surroundings import system_surroundings
from bus.port import Outgoing, Record
from config.database import read_transaction
from config.reference.duplicate_weights import load_duplicate_weights
from config.settings import load
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.shapes import Complaint, Correction, Relation
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.limits import DEFAULT_LIMITS
from normalize.duplicates.store.tables import ComparableRow
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.support.outcomes import correction_outcome
from tests.support.program import FORKS
from tests.support.records import JSON, at
from tests.support.rules import language_of
from tests.support.stages import make_normalizer

MORNING = (
    "Lapor, Jl. Kenanga Raya RT 3 Kelurahan Sukaramai berlubang besar depan bengkel Suryo Jaya, sudah dua motor jatuh, "
    "tolong ditambal"
)
AFTERNOON = (
    "Jl. Kenanga Raya RT 3 Kelurahan Sukaramai berlubang besar di depan bengkel Suryo Jaya, sudah dua motor jatuh. "
    "Mohon segera ditambal, kasihan anak sekolah."
)
STREETS = [
    f"{first} {second}"
    for first in ("Anggrek", "Dahlia", "Flamboyan", "Melati", "Teratai", "Cempaka")
    for second in ("Purnama", "Sentosa", "Makmur", "Kencana", "Wijaya", "Pertiwi")
]
# Streets whose two copies meet in `test_two_processes_agree`.
_COPIES = 6
_PATIENCE_SECONDS = 120.0
OTHER_STREET = AFTERNOON.replace("Kenanga Raya", "Dahlia Baru")


def report(parts: Parts, text: str, device: str, hours: float = 0, **fields: object) -> Outgoing:
    """Return a report of a proven device, this many hours after the first."""
    body = json.dumps({"text": text, **fields}).encode()
    received_at = NOW + timedelta(hours=hours)
    sender = f"device:{device}"
    raw = parts.wrapper.wrap("web", f"{device}:{text}:{hours}", sender, body, received_at, JSON, "device-token")
    return accepted_record(raw)


def decode_complaints(outputs: Sequence[Outgoing]) -> list[Complaint]:
    """Return the complaints in the outputs."""
    return [codec.decode(Complaint, output.value, output.headers) for output in outputs]


@pytest.fixture
def stage(parts: Parts, engine: Engine, detection: DuplicateDetection) -> NormalizeStage:
    """A normalizer that compares, on each kind of database."""
    return make_normalizer(engine, parts.sealer, matcher=detection.matcher)


def normalize(
    stage: NormalizeStage, *messages: Outgoing, first_offset: int = 0, batch_size: int = 100
) -> list[Complaint]:
    """Return the complaints that a normalizer makes of messages, in batches."""
    records = [at(message, first_offset + number) for number, message in enumerate(messages)]
    batches = [records[first : first + batch_size] for first in range(0, len(records), batch_size)]
    return [complaint for batch in batches for complaint in decode_complaints(stage.handle(batch))]


def relation_kinds(complaints: Sequence[Complaint]) -> list[str]:
    """Return the kind of each complaint's relation."""
    return [complaint.relation.kind for complaint in complaints]


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_neighbour_joins_and_sender_repeats(parts: Parts, stage: NormalizeStage, batch_size: int) -> None:
    """Each complaint keeps its number and refers to the first, with the evidence and the likelihood."""
    messages = [
        report(parts, MORNING, "a"),
        report(parts, AFTERNOON, "a", 6),
        report(parts, f"Setuju. {AFTERNOON}", "b", 20),
        report(parts, OTHER_STREET, "a", 21),
    ]
    complaints = normalize(stage, *messages, batch_size=batch_size)
    assert relation_kinds(complaints) == ["new", "repeat", "joins", "new"]
    first, repeat, join, _ = complaints
    assert {repeat.relation.of, join.relation.of} == {first.id}
    assert len({complaint.tracking for complaint in complaints}) == 4
    assert repeat.relation.evidence[-1].startswith("score-")
    assert join.relation.since == first.at


def test_earliest_time_counts(parts: Parts, stage: NormalizeStage) -> None:
    """A delayed SMS moves the start of the matter to its own time."""
    late, early, join = normalize(
        stage, report(parts, MORNING, "a", 30), report(parts, AFTERNOON, "a", 0), report(parts, MORNING, "b", 40)
    )
    assert late.relation.kind == "new"
    assert early.relation.since == early.at
    assert join.relation.since == early.at


def test_unproven_sender_never_repeats(parts: Parts, stage: NormalizeStage) -> None:
    """Copied words prove no sender. Otherwise anyone with the text could find out its author."""
    bodies = [json.dumps({"text": text, "phone": "+628000000021"}).encode() for text in (MORNING, AFTERNOON)]
    raw_messages = [parts.wrapper.wrap("web", f"key:{body!r}", "", body, NOW, JSON) for body in bodies]
    complaints = normalize(stage, *(accepted_record(raw) for raw in raw_messages))
    assert relation_kinds(complaints) == ["new", "joins"]


def test_secret_report_is_never_joined(parts: Parts, stage: NormalizeStage) -> None:
    """An equal text does not reveal that somebody wrote it in secret; the same sender's repeat is recognised."""
    complaints = normalize(
        stage,
        report(parts, MORNING, "a", rahasia=True),
        report(parts, AFTERNOON, "b", 1),
        report(parts, AFTERNOON, "a", 2, rahasia=True),
    )
    assert relation_kinds(complaints) == ["new", "new", "repeat"]


def test_joins_of_one_sender_are_limited(parts: Parts, stage: NormalizeStage) -> None:
    """After the limit a sender's complaints are new, with the reason as evidence."""
    texts = [AFTERNOON.replace("Kenanga Raya", street) for street in STREETS[: DEFAULT_LIMITS.joins_of_sender + 1]]
    first_reports = [report(parts, text, f"o{number}") for number, text in enumerate(texts)]
    joining_reports = [report(parts, f"Setuju. {text}", "me", 1 + number / 60) for number, text in enumerate(texts)]
    assert set(relation_kinds(normalize(stage, *first_reports))) == {"new"}
    joining_complaints = normalize(stage, *joining_reports, first_offset=1000)
    assert relation_kinds(joining_complaints) == ["joins"] * DEFAULT_LIMITS.joins_of_sender + ["new"]
    assert joining_complaints[-1].relation.evidence == ("too-many-joins",)


def test_correction_decides_later_relations(parts: Parts, stage: NormalizeStage) -> None:
    """A repeat of a split complaint goes with it; after a merge it goes to the common root."""
    first, join = normalize(stage, report(parts, MORNING, "a"), report(parts, AFTERNOON, "b", 1))
    assert join.relation.of == first.id
    stage.handle([correction(join.id, Relation())])
    (repeat,) = normalize(stage, report(parts, AFTERNOON + " Sudah seminggu.", "b", 30), first_offset=10)
    assert (repeat.relation.kind, repeat.relation.of) == ("repeat", join.id)
    stage.handle([correction(join.id, Relation(kind="joins", of=first.id))])
    (second_join,) = normalize(stage, report(parts, AFTERNOON + " Masih.", "c", 40), first_offset=20)
    assert (second_join.relation.kind, second_join.relation.of) == ("joins", first.id)


def test_merged_matter_starts_with_its_earliest_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """The earliest complaint gives the start, also if it is not the root; after a split each has its own start."""
    late, early = normalize(
        stage, report(parts, MORNING, "a", 5), report(parts, "Sampah menumpuk di Jalan Kenanga.", "b")
    )
    assert relation_kinds((late, early)) == ["new", "new"]
    for since, relation in ((early.at, Relation(kind="joins", of=late.id)), (late.at, Relation())):
        stage.handle([correction(early.id, relation)])
        hours = 30 if relation.of else 50
        (join,) = normalize(stage, report(parts, AFTERNOON, f"c{hours}", hours), first_offset=hours)
        assert (join.relation.of, join.relation.since) == (late.id, since)


def test_repeat_of_a_join_refers_to_the_senders_own_complaint(parts: Parts, stage: NormalizeStage) -> None:
    """By repeating, nobody gets the number of the complaint they joined, or a say in it."""
    texts = (AFTERNOON, AFTERNOON + " Sudah seminggu.", AFTERNOON + " Sudah seminggu. Masih.")
    first, join = normalize(stage, report(parts, MORNING, "a"), report(parts, texts[0], "b", 1))
    assert join.relation.of == first.id
    for number, text in enumerate((texts[0], *texts), start=1):
        (repeat,) = normalize(stage, report(parts, text, "b", 24 * number), first_offset=10 * number)
        assert (repeat.relation.kind, repeat.relation.of) == ("repeat", join.id)


def correction(complaint_id: UUID, relation: Relation) -> Record:
    """Return the record of the outcome of a person's decision on a relation."""
    decision = Correction(
        id=ids.event_id(complaint_id, f"{relation.kind}"),
        message_id=complaint_id,
        at=NOW,
        complaint_id=complaint_id,
        tracking="",
        relation=relation,
        actor="petugas-1",
        reason="lain lubang",
    )
    return at(correction_outcome(decision))


def test_reprocessing_gives_the_same_bytes(parts: Parts, stage: NormalizeStage) -> None:
    """After a crash between decision and commit the same records give the same outputs."""
    records = [
        at(report(parts, MORNING, "a"), 1),
        at(report(parts, AFTERNOON, "a", 6), 2),
        at(report(parts, AFTERNOON, "b", 7), 3),
    ]
    assert stage.handle(records) == stage.handle(records)
    assert stage.handle(records[1:2]) == stage.handle(records[1:2])


def test_own_complaints_are_always_candidates(parts: Parts, stage: NormalizeStage) -> None:
    """A sender repeats their own report, however many others wrote the same about other streets."""
    text = "Mohon bantuan perbaikan jalan lingkungan di {} yang rusak parah dan berlubang besar, terima kasih."
    complaints = normalize(
        stage, *[report(parts, text.format(street), f"d{number}") for number, street in enumerate(STREETS)]
    )
    cut_text = text.format(STREETS[0])[:-16] + " segera"
    (repeat,) = normalize(stage, report(parts, cut_text, "d0", 2), first_offset=1000)
    assert (repeat.relation.kind, repeat.relation.of) == ("repeat", complaints[0].id)


@pytest.mark.parametrize("wordless", ["🙏🙏", "???", "👍\n…"])
def test_message_without_words(parts: Parts, stage: NormalizeStage, wordless: str) -> None:
    """A message without words before or after a report does not hide the report."""
    texts = (wordless, MORNING, wordless, AFTERNOON)
    messages = [report(parts, text, "a", hours) for hours, text in enumerate(texts)]
    complaints = normalize(stage, *messages, batch_size=1)
    assert relation_kinds(complaints)[1::2] == ["new", "repeat"]
    assert complaints[3].relation.of == complaints[1].id


def test_joins_are_counted_by_an_index(engine: Engine, stage: NormalizeStage, parts: Parts) -> None:
    """The count of joins does not read all rows of a month: SQLite uses a partial index for its literal condition."""
    normalize(stage, report(parts, MORNING, "a"))
    if engine.dialect.name != "sqlite":
        return
    with read_transaction(engine) as connection:
        query = "SELECT count(*) FROM normalize_matter WHERE sender = '' AND joined = 1 AND at >= ''"
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert "ix_normalize_matter_sender" in repr(plan)


def test_stored_complaints_are_sealed(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """The table contains no word of a report."""
    normalize(stage, report(parts, MORNING, "a"))
    with read_transaction(engine) as connection:
        rows = repr(connection.execute(select(ComparableRow.__table__)).all())  # type: ignore[attr-defined]
    assert "kenanga" not in rows
    assert "bengkel" not in rows


@pytest.mark.slow
def test_two_processes_agree(parts: Parts, engine: Engine) -> None:
    """Two normalizers that process two copies at the same moment make one complaint, every time."""
    _ = parts.sealer
    home, url = str(parts.settings.home), engine.url.render_as_string(hide_password=False)
    start = FORKS.Barrier(2)
    receiving, outputs = [], []
    for text in (MORNING, AFTERNOON):
        receiver, sender = FORKS.Pipe(duplex=False)
        FORKS.Process(target=_normalize_copies, args=(home, url, text, start, sender), daemon=True).start()
        receiving.append(receiver)
    for receiver in receiving:
        assert receiver.poll(_PATIENCE_SECONDS)
        outputs.append(receiver.recv())
    assert [len(relations) for relations in outputs] == [_COPIES, _COPIES]
    for relations in zip(*outputs, strict=True):
        assert sorted(kind for kind, _ in relations) == ["joins", "new"]
        assert len({complaint_id for _, complaint_id in relations}) == 1


def _normalize_copies(home: str, url: str, text: str, start: Barrier, sender: Connection) -> None:
    """Normalize a report in each of some streets, in a process of its own. Send the kind and the origin of each."""
    os.environ["SATUPINTU_HOME"] = home
    parts = Parts(load(), CHANNELS, system_surroundings())
    detection = DuplicateDetection(language_of(), load_duplicate_weights(), b"k" * 32)
    stage = make_normalizer(open_database(url), parts.sealer, matcher=detection.matcher)
    messages = [
        report(parts, text.replace("Kenanga Raya", street), "a" if text == MORNING else "b")
        for street in STREETS[:_COPIES]
    ]
    start.wait(_PATIENCE_SECONDS)
    complaints = [normalize(stage, message, first_offset=number)[0] for number, message in enumerate(messages)]
    sender.send([(complaint.relation.kind, str(complaint.relation.of or complaint.id)) for complaint in complaints])
