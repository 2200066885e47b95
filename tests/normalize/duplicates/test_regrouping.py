"""The normalizer groups complaints as the router moves them after corrections, on each database."""

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from app.assembly.parts import Parts
from messages.shapes import Complaint
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.store.tables import ComparableRow
from tests.normalize.duplicates.test_decisions import AFTERNOON, MORNING
from tests.normalize.duplicates.test_router_outcomes import GARBAGE, arrive
from tests.support.stage_path import StagePath

BRIDGE = "Jembatan gantung di Desa Rawa Sari putus sejak banjir, anak sekolah menyeberang dengan perahu."


@pytest.fixture
def path(parts: Parts, engine: Engine, detection: DuplicateDetection) -> StagePath:
    """Normalizer, router and ledger on each kind of database."""
    return StagePath(parts, engine, detection.matcher)


@pytest.fixture
def three_cases(path: StagePath, parts: Parts) -> tuple[Complaint, Complaint, Complaint]:
    """Three reports of three matters."""
    first, second = arrive(path, parts, MORNING, "a"), arrive(path, parts, GARBAGE, "b", 1)
    return first, second, arrive(path, parts, BRIDGE, "c", 2)


def assert_same_groups(path: StagePath, *complaints: Complaint) -> None:
    """Check that each complaint belongs to the same case at the normalizer and at the router."""
    with path.engine.connect() as connection:
        rows = connection.execute(select(col(ComparableRow.complaint_id), col(ComparableRow.root)))
        roots = {row.complaint_id: row.root or row.complaint_id for row in rows}
    last = [path.dispatch_of(complaint) for complaint in complaints]
    cases = {each.complaint_id: each.complaint_id if each.own_case else each.relation.of for each in last}
    assert {each.id: roots[each.id] for each in complaints} == cases


def test_a_case_takes_along_what_was_merged_into_it(
    path: StagePath, parts: Parts, three_cases: tuple[Complaint, Complaint, Complaint]
) -> None:
    """Into another case and out again: a later copy of the merged report is suggested for its present case."""
    first, second, third = three_cases
    path.merge(first, second)
    path.merge(second, third)
    assert_same_groups(path, *three_cases)
    assert path.dispatch_of(first).relation.of == third.id
    path.split(second)
    assert_same_groups(path, *three_cases)
    assert path.dispatch_of(first).relation.of == second.id
    copy = arrive(path, parts, AFTERNOON, "d", 9)
    assert copy.suggestion is not None
    assert copy.suggestion.of == second.id


def test_a_case_takes_along_who_joined_it(
    path: StagePath, parts: Parts, three_cases: tuple[Complaint, Complaint, Complaint]
) -> None:
    """Their own messages put them there, and no person."""
    first, second, _ = three_cases
    join = arrive(path, parts, AFTERNOON, "d", 9)
    assert join.relation.of == first.id
    path.merge(first, second)
    path.split(first)
    assert_same_groups(path, *three_cases, join)
    assert path.dispatch_of(join).relation.of == first.id


def test_who_was_taken_out_before_stays_out(
    path: StagePath, three_cases: tuple[Complaint, Complaint, Complaint]
) -> None:
    """What was merged, split, and merged elsewhere does not follow its former case."""
    first, second, third = three_cases
    path.merge(first, second)
    path.split(first)
    path.merge(first, third)
    path.merge(second, third)
    path.split(second)
    assert_same_groups(path, *three_cases)
    assert path.dispatch_of(first).relation.of == third.id
