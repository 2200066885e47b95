"""What is likely is suggested and not merged, on each database."""

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Record
from messages import ids
from messages.shapes import KEPT_APART, MERGED, Correction, Relation
from normalize.duplicates.factory import DuplicateDetection
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.normalize.duplicates.test_closed_cases import answer_record
from tests.normalize.duplicates.test_decisions import correction, decode_complaints, normalize, relation_kinds, report
from tests.support.outcomes import correction_outcome
from tests.support.records import at
from tests.support.stages import make_normalizer

TREE = "Pohon besar di Jl. Manggis Raya depan bengkel Wiratama sudah miring ke jalan, mohon dipangkas"
OTHER_TREE = "Di Jalan Manggis Raya ada pohon miring hampir tumbang di seberang kantor pos, tolong dipangkas"


@pytest.fixture
def stage(parts: Parts, engine: Engine, detection: DuplicateDetection) -> NormalizeStage:
    """A normalizer that compares, on each kind of database."""
    return make_normalizer(engine, parts.sealer, matcher=detection.matcher)


def denial(complaint_id: object, apart_from: object) -> Record:
    """Return the record of a person's decision that two complaints are not one matter."""
    decision = Correction.model_validate(
        {
            "id": ids.event_id(complaint_id, "kept-apart"),  # type: ignore[arg-type]
            "message_id": complaint_id,
            "at": NOW,
            "complaint_id": complaint_id,
            "tracking": "",
            "relation": Relation(evidence=(KEPT_APART,)),
            "apart_from": apart_from,
            "actor": "petugas-1",
            "reason": "pohon lain",
        }
    )
    return at(correction_outcome(decision))


@pytest.mark.parametrize("batch_size", [1, 100])
def test_likely_is_suggested(parts: Parts, stage: NormalizeStage, batch_size: int) -> None:
    """The complaint is new, and carries the earlier one with the evidence; nothing counts as a join."""
    first, second = normalize(stage, report(parts, TREE, "a"), report(parts, OTHER_TREE, "b", 3), batch_size=batch_size)
    assert relation_kinds([first, second]) == ["new", "new"]
    assert (first.suggestion, second.relation) == (None, Relation())
    assert second.suggestion
    assert second.suggestion.of == first.id
    assert "same-names" in second.suggestion.evidence


def test_suggestion_is_decided_once(parts: Parts, stage: NormalizeStage) -> None:
    """The same record gives the same suggestion again, after a crash and after the first case was closed."""
    records = [at(report(parts, TREE, "a"), 1), at(report(parts, OTHER_TREE, "b", 3), 2)]
    outputs = stage.handle(records)
    (first, _) = decode_complaints(outputs)
    stage.handle([answer_record(first.id)])
    assert stage.handle(records) == outputs


def test_closed_case_is_not_suggested(parts: Parts, stage: NormalizeStage) -> None:
    """Nobody merges into a case that is finished."""
    (first,) = normalize(stage, report(parts, TREE, "a"))
    stage.handle([answer_record(first.id)])
    (second,) = normalize(stage, report(parts, OTHER_TREE, "b", 3), first_offset=10)
    assert (second.relation, second.suggestion) == (Relation(), None)


def test_denial_splits_only_what_was_merged(parts: Parts, stage: NormalizeStage) -> None:
    """A denied pair stays as it is; if the two were merged meanwhile, they are two matters again."""
    first, second = normalize(stage, report(parts, TREE, "a"), report(parts, OTHER_TREE, "b", 3))
    stage.handle([denial(second.id, first.id)])
    third, fourth = normalize(
        stage,
        report(parts, f"Setuju. {TREE}", "c", 91),
        report(parts, f"Setuju. {OTHER_TREE}", "d", 92),
        first_offset=10,
    )
    assert (third.relation.of, fourth.relation.of) == (first.id, second.id)
    assert (third.suggestion, fourth.suggestion) == (None, None)
    stage.handle([correction(second.id, Relation(kind="joins", of=first.id, evidence=(MERGED,)))])
    stage.handle([denial(second.id, first.id)])
    (fifth,) = normalize(stage, report(parts, f"Betul. {OTHER_TREE}", "e", 93), first_offset=20)
    assert fifth.relation.of == second.id


def test_denial_splits_what_was_merged_the_other_way(parts: Parts, stage: NormalizeStage) -> None:
    """The earlier complaint was merged into the later one, which carries the suggestion."""
    first, second = normalize(stage, report(parts, TREE, "a"), report(parts, OTHER_TREE, "b", 3))
    stage.handle([correction(first.id, Relation(kind="joins", of=second.id, evidence=(MERGED,)))])
    (third,) = normalize(stage, report(parts, f"Setuju. {TREE}", "c", 91), first_offset=10)
    assert third.relation.of == second.id
    stage.handle([denial(second.id, first.id)])
    (fourth,) = normalize(stage, report(parts, f"Betul. {TREE}", "d", 92), first_offset=20)
    (fifth,) = normalize(stage, report(parts, f"Betul. {OTHER_TREE}", "e", 93), first_offset=30)
    assert (fourth.relation.of, fifth.relation.of) == (first.id, second.id)


def test_denial_leaves_a_member_in_its_own_matter(parts: Parts, stage: NormalizeStage) -> None:
    """A complaint that belongs to a third matter stays there when it is kept apart from another one."""
    first, second, third = normalize(
        stage, report(parts, TREE, "a"), report(parts, OTHER_TREE, "b", 3), report(parts, f"Ya. {TREE}", "c", 4)
    )
    stage.handle([denial(third.id, second.id)])
    (repeat,) = normalize(stage, report(parts, f"Ya. {TREE} Masih.", "d", 92), first_offset=10)
    assert repeat.relation.of == first.id


def test_matter_is_no_chain(parts: Parts, stage: NormalizeStage) -> None:
    """A newcomer that one member contradicts does not join through another member: it is suggested."""
    text = "Lampu jalan padam di Perumahan Griya Wiratama depan pos satpam{}, mohon segera diperbaiki karena gelap"
    first, joined = normalize(
        stage, report(parts, text.format(" Blok C2"), "a"), report(parts, text.format(""), "b", 1)
    )
    assert joined.relation.of == first.id
    (third,) = normalize(stage, report(parts, text.format(" Blok D7"), "c", 2), first_offset=10)
    assert third.relation.kind == "new"
    assert third.suggestion is None or third.suggestion.of == first.id


def test_long_episode_stays_one_matter(parts: Parts, stage: NormalizeStage) -> None:
    """Each report within the window of the last belongs to the matter, also after the window of the first."""
    text = (
        "Sejak jembatan Kali Wungu di Desa Wonosekar ambruk, warga dusun Krajan Lor harus memutar dua belas kilometer "
        "lewat Kedungjati untuk ke pasar dan sekolah. Jembatan darurat yang dijanjikan bupati belum dibangun juga. {}"
    )
    hours = [number * 24 * 40 for number in range(4)]
    messages = [report(parts, text.format(f"Ini sudah {n + 1} bulan."), f"d{n}", at_) for n, at_ in enumerate(hours)]
    first, *later = normalize(stage, *messages)
    assert {complaint.relation.of for complaint in later} == {first.id}
