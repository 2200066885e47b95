"""The normalizer finds what is about the same matter: on each database, in each order, and with two of it at once."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from app.assembly.parts import Parts
from app.evaluation.duplicates import Readers
from bus.port import Outgoing, Record
from config.database import read_transaction
from ingest.wrap import accepted_record
from messages import codec, ids
from messages.shapes import Complaint, Correction, Relation
from messages.topics import CORRECTIONS
from normalize.duplicates.matcher import JOINS
from normalize.duplicates.store import ComparableRow, LookupKeyRow
from normalize.stage import COMPARISON_PERIOD, NormalizeStage
from tests.conftest import NOW
from tests.support.records import JSON, at
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
ELSEWHERE = AFTERNOON.replace("Kenanga Raya", "Dahlia Baru")


def report(parts: Parts, text: str, device: str, hours: float = 0, **fields: object) -> Outgoing:
    """A report of a device that proves itself."""
    body = json.dumps({"text": text, **fields}).encode()
    when = NOW + timedelta(hours=hours)
    sender = f"device:{device}"
    raw = parts.wrapper.wrap("web", f"{device}:{text}:{hours}", sender, body, when, JSON, "device-token")
    return accepted_record(raw)


def complaints(outputs: Sequence[Outgoing]) -> list[Complaint]:
    """The complaints that were made."""
    return [codec.decode(Complaint, output.value, output.headers) for output in outputs]


@pytest.fixture
def stage(parts: Parts, engine: Engine, readers: Readers) -> NormalizeStage:
    """A normalizer that compares, on each kind of database."""
    return make_normalizer(engine, parts.sealer, matcher=readers.matcher())


def work(stage: NormalizeStage, *messages: Outgoing, start: int = 0, at_once: int = 100) -> list[Complaint]:
    """What a normalizer makes of messages, so many in a batch."""
    records = [at(message, start + number) for number, message in enumerate(messages)]
    batches = [records[first : first + at_once] for first in range(0, len(records), at_once)]
    return [made for batch in batches for made in complaints(stage.handle(batch))]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_neighbour_joins_and_the_same_person_repeats(parts: Parts, stage: NormalizeStage, at_once: int) -> None:
    """Each keeps its number; what it belongs to is the first, with the evidence and the likelihood."""
    messages = [
        report(parts, MORNING, "a"),
        report(parts, AFTERNOON, "a", 6),
        report(parts, f"Setuju. {AFTERNOON}", "b", 20),
        report(parts, ELSEWHERE, "a", 21),
    ]
    first, repeat, join, other = work(stage, *messages, at_once=at_once)
    assert [each.relation.kind for each in (first, repeat, join, other)] == ["new", "repeat", "joins", "new"]
    assert {repeat.relation.of, join.relation.of} == {first.id}
    assert len({each.tracking for each in (first, repeat, join, other)}) == 4
    assert repeat.relation.evidence[-1].startswith("score-")
    assert join.relation.since == first.at


def test_the_earliest_counts(parts: Parts, stage: NormalizeStage) -> None:
    """An SMS that was late on its way says since when the matter is known."""
    late, early, more = work(
        stage, report(parts, MORNING, "a", 30), report(parts, AFTERNOON, "a", 0), report(parts, MORNING, "b", 40)
    )
    assert late.relation.kind == "new"
    assert early.relation.since == early.at
    assert more.relation.since == early.at


def test_who_is_not_proven_never_repeats(parts: Parts, stage: NormalizeStage) -> None:
    """Copied words prove nobody: else whoever has the text of a complaint could find out who wrote it."""
    bodies = [json.dumps({"text": text, "phone": "+628000000021"}).encode() for text in (MORNING, AFTERNOON)]
    wrapped = [parts.wrapper.wrap("web", f"key:{body!r}", "", body, NOW, JSON) for body in bodies]
    first, second = work(stage, *(accepted_record(raw) for raw in wrapped))
    assert (first.relation.kind, second.relation.kind) == ("new", "joins")


def test_what_is_secret_joins_nothing(parts: Parts, stage: NormalizeStage) -> None:
    """Nobody learns by writing the same that somebody wrote in secret; the same sender's is recognised."""
    made = work(
        stage,
        report(parts, MORNING, "a", rahasia=True),
        report(parts, AFTERNOON, "b", 1),
        report(parts, AFTERNOON, "a", 2, rahasia=True),
    )
    assert [each.relation.kind for each in made] == ["new", "new", "repeat"]


def test_joins_of_one_sender_are_limited(parts: Parts, stage: NormalizeStage) -> None:
    """Nobody sees so many broken roads in a month: what comes then is a complaint of its own, and says so."""
    texts = [AFTERNOON.replace("Kenanga Raya", street) for street in STREETS[: JOINS + 1]]
    others = [report(parts, text, f"o{number}") for number, text in enumerate(texts)]
    mine = [report(parts, f"Setuju. {text}", "me", 1 + number / 60) for number, text in enumerate(texts)]
    assert {each.relation.kind for each in work(stage, *others)} == {"new"}
    made = work(stage, *mine, start=1000)
    assert [each.relation.kind for each in made] == ["joins"] * JOINS + ["new"]
    assert made[-1].relation.evidence == ("too-many-joins",)


def test_a_person_decides(parts: Parts, stage: NormalizeStage) -> None:
    """What was taken apart stays apart: who repeats it goes with it. What was put together stays together."""
    first, join = work(stage, report(parts, MORNING, "a"), report(parts, AFTERNOON, "b", 1))
    assert join.relation.of == first.id
    stage.handle([correction(join.id, Relation())])
    (again,) = work(stage, report(parts, AFTERNOON + " Sudah seminggu.", "b", 30), start=10)
    assert (again.relation.kind, again.relation.of) == ("repeat", join.id)
    stage.handle([correction(join.id, Relation(kind="joins", of=first.id))])
    (more,) = work(stage, report(parts, AFTERNOON + " Masih.", "c", 40), start=20)
    assert (more.relation.kind, more.relation.of) == ("joins", first.id)


def test_what_a_person_put_together_began_with_the_earliest(parts: Parts, stage: NormalizeStage) -> None:
    """Whichever is the head; and when it is taken apart again, each began with its own."""
    late, early = work(stage, report(parts, MORNING, "a", 5), report(parts, "Sampah menumpuk di Jalan Kenanga.", "b"))
    assert (late.relation.kind, early.relation.kind) == ("new", "new")
    for since, relation in ((early.at, Relation(kind="joins", of=late.id)), (late.at, Relation())):
        stage.handle([correction(early.id, relation)])
        hour = 30 if relation.of else 50
        (more,) = work(stage, report(parts, AFTERNOON, f"c{hour}", hour), start=hour)
        assert (more.relation.of, more.relation.since) == (late.id, since)


def test_who_repeats_a_join_repeats_their_own(parts: Parts, stage: NormalizeStage) -> None:
    """By sending it again nobody gets the number of the one they joined, or a say in what becomes of it."""
    texts = (AFTERNOON, AFTERNOON + " Sudah seminggu.", AFTERNOON + " Sudah seminggu. Masih.")
    first, join = work(stage, report(parts, MORNING, "a"), report(parts, texts[0], "b", 1))
    assert join.relation.of == first.id
    for number, text in enumerate((texts[0], *texts), start=1):
        (again,) = work(stage, report(parts, text, "b", 24 * number), start=10 * number)
        assert (again.relation.kind, again.relation.of) == ("repeat", join.id)


def correction(complaint: UUID, relation: Relation) -> Record:
    """What a person decided."""
    made = Correction(
        id=ids.event_id(complaint, f"{relation.kind}"),
        message_id=complaint,
        at=NOW,
        complaint_id=complaint,
        tracking="",
        relation=relation,
        actor="petugas-1",
        reason="lain lubang",
    )
    return at(Outgoing(CORRECTIONS, *codec.encode(made, str(complaint), "/test")))


def test_working_again_says_the_same(parts: Parts, stage: NormalizeStage) -> None:
    """After a crash between decision and commit the same records give the same bytes."""
    records = [
        at(report(parts, MORNING, "a"), 1),
        at(report(parts, AFTERNOON, "a", 6), 2),
        at(report(parts, AFTERNOON, "b", 7), 3),
    ]
    assert stage.handle(records) == stage.handle(records)
    assert stage.handle(records[1:2]) == stage.handle(records[1:2])


def test_what_is_old_is_forgotten(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """The store of what is compared does not grow for ever."""
    work(stage, report(parts, MORNING, "a"))
    work(stage, report(parts, ELSEWHERE, "b", COMPARISON_PERIOD / timedelta(hours=1) + 1), start=5)
    with read_transaction(engine) as connection:
        assert connection.execute(select(func.count()).select_from(ComparableRow)).scalar_one() == 1
        assert connection.execute(select(func.count(func.distinct(LookupKeyRow.number)))).scalar_one() == 1


def test_keys_are_swept_by_the_way(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """Keys that nobody asks for any more go too, wherever they stand, as other messages come."""
    texts = [AFTERNOON.replace("Kenanga Raya", street) for street in STREETS]
    work(stage, *[report(parts, text, f"d{number}") for number, text in enumerate(texts)])
    later = COMPARISON_PERIOD / timedelta(hours=1) + 1
    for turn, text in enumerate(texts[:30]):
        work(stage, report(parts, f"Setuju. {text}", f"e{turn}", later), start=1000 * (turn + 1))
    with read_transaction(engine) as connection:
        assert connection.execute(select(func.count(func.distinct(LookupKeyRow.number)))).scalar_one() == 30


def test_what_one_person_says_is_looked_at(parts: Parts, stage: NormalizeStage) -> None:
    """However many write the same about other streets, who cuts off their own report repeats it."""
    text = "Mohon bantuan perbaikan jalan lingkungan di {} yang rusak parah dan berlubang besar, terima kasih."
    made = work(stage, *[report(parts, text.format(street), f"d{number}") for number, street in enumerate(STREETS)])
    (again,) = work(stage, report(parts, text.format(STREETS[0])[:-16] + " segera", "d0", 2), start=1000)
    assert (again.relation.kind, again.relation.of) == ("repeat", made[0].id)


@pytest.mark.parametrize("wordless", ["🙏🙏", "???", "👍\n…"])
def test_a_message_without_a_word(parts: Parts, stage: NormalizeStage, wordless: str) -> None:
    """Who sends a sign and then says what it is about is heard, and the other way round."""
    messages = [report(parts, text, "a", hours) for hours, text in enumerate((wordless, MORNING, wordless, AFTERNOON))]
    made = work(stage, *messages, at_once=1)
    assert [each.relation.kind for each in made][1::2] == ["new", "repeat"]
    assert made[3].relation.of == made[1].id


def test_joins_are_counted_by_an_index(engine: Engine, stage: NormalizeStage, parts: Parts) -> None:
    """Not by a look at all that came in a month: SQLite takes an index of some rows for its very words only."""
    work(stage, report(parts, MORNING, "a"))
    if engine.dialect.name != "sqlite":
        return
    with read_transaction(engine) as connection:
        query = "SELECT count(*) FROM normalize_matter WHERE sender = '' AND joined = 1 AND at >= ''"
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert "ix_normalize_matter_sender" in repr(plan)


def test_the_store_tells_nobody(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """What is compared is sealed: whoever reads the table finds no word of a report."""
    work(stage, report(parts, MORNING, "a"))
    with read_transaction(engine) as connection:
        rows = repr(connection.execute(select(ComparableRow.__table__)).all())  # type: ignore[attr-defined]
    assert "kenanga" not in rows
    assert "bengkel" not in rows


WORKER = """
import sys, json
from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.evaluation.duplicates import Readers
from config.database import open_engine
from config.settings import load
from tests.support.stages import make_normalizer
from tests.normalize.duplicates.test_stage import AFTERNOON, MORNING, STREETS, report, work
parts = Parts(load(), CHANNELS)
stage = make_normalizer(open_engine(sys.argv[1]), parts.sealer, matcher=Readers.load(b"k" * 32).matcher())
print("ready", flush=True)
sys.stdin.readline()
text = MORNING if sys.argv[2] == "a" else AFTERNOON
texts = [text.replace("Kenanga Raya", street) for street in STREETS[: int(sys.argv[3])]]
made = [work(stage, report(parts, text, sys.argv[2]), start=turn)[0] for turn, text in enumerate(texts)]
print(json.dumps([[each.relation.kind, str(each.relation.of or each.id)] for each in made]))
"""


def test_two_processes_agree(parts: Parts, engine: Engine) -> None:
    """Two normalizers that meet two copies at the same moment end with one complaint, every time."""
    environment = {**os.environ, "SATUPINTU_HOME": str(parts.settings.home)}
    url = engine.url.render_as_string(hide_password=False)
    _ = parts.sealer
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, url, who, "6"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for who in ("a", "b")
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    outputs = [json.loads(out) for out in _let_go(workers)]
    for turn in zip(*outputs, strict=True):
        assert sorted(kind for kind, _ in turn) == ["joins", "new"]
        assert len({of for _, of in turn}) == 1


def _let_go(workers: Sequence["subprocess.Popen[str]"]) -> list[str]:
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    return [worker.communicate(timeout=60)[0] for worker in workers]
