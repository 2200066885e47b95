"""Compares the topics with all models of a service at rest, case by case, and each model with itself made again."""

from collections.abc import Callable, Iterator, Mapping
from subprocess import SubprocessError
from uuid import UUID

from sqlalchemy import Connection, Engine

from config.database import snapshot_transaction
from monitor.audit.audit import Audit
from sinks.ledger.counts.queue_counts import miscounted_queues
from tests.chaos import facts
from tests.chaos.comparisons import (
    ComparedDispatch,
    Difference,
    compare_facts,
    compare_followers,
    compare_places,
    compare_states,
    latest_places,
    state_without_messages,
    unknown_numbers,
)
from tests.chaos.facts import TopicFacts


def compare_with_topics(connection: Connection, topics: TopicFacts) -> Iterator[Difference]:
    """Yield each difference between the topics and what a stage has stored, both ways."""
    stored_dispatches = {
        "router": facts.router_dispatches(connection),
        "cases": facts.stored_dispatches(connection),
    }
    for name, dispatches in stored_dispatches.items():
        yield from compare_facts(f"dispatches: {name}", topics.dispatches, dispatches, not_on_right=topics.dead)
    places = {name: latest_places(dispatches) for name, dispatches in stored_dispatches.items()}
    places = {"topics": latest_places(topics.dispatches), **places}
    yield from compare_places(places)
    yield from compare_followers(places)
    yield from _compare_messages(connection, topics)
    answers = {
        "router": facts.router_answers(connection, topics),
        "cases": facts.stored_answers(connection),
    }
    for name, stored in answers.items():
        yield from compare_facts(f"answers: {name}", _without(topics.answers, topics), stored)
    corrections = {
        "router": facts.router_corrections(connection, topics),
        "cases": facts.stored_corrections(connection),
    }
    for name, ids in corrections.items():
        yield from compare_facts(f"corrections: {name}", _without(topics.corrections, topics), ids)
    yield from compare_facts("replies: outbox", _without(topics.replies, topics), facts.outbox_replies(connection))
    yield from _compare_states(connection, topics)
    for agency, cases in sorted(miscounted_queues(connection).items()):
        yield Difference("queues", agency, f"the kept counts differ from the facts by {cases}")


def _compare_messages(connection: Connection, topics: TopicFacts) -> Iterator[Difference]:
    published = {(message_id,): "set aside" for message_id in topics.set_aside} | dict(topics.relations)
    decided = dict(facts.normalizer_relations(connection))
    # What was decided about the relation of a message that is no complaint has no effect.
    decided |= {key: "set aside" for key in decided.keys() & published.keys() if published[key] == "set aside"}
    undecided = [key for key in decided if key not in published and key[0] in topics.dead]
    left, right = published, {key: text for key, text in decided.items() if key not in undecided}
    yield from compare_facts("relations: normalizer", left, right)
    arrived = {(id_,): "" for id_ in topics.complaints}
    stored = {(id_,): "" for id_ in facts.stored_complaints(connection)}
    yield from compare_facts("complaints: cases", arrived, stored, not_on_right=topics.dead)


def _compare_states(connection: Connection, topics: TopicFacts) -> Iterator[Difference]:
    cases = _own_cases(topics)
    ledger = facts.ledger_states(connection, list(cases))
    yield from compare_states(
        {"ledger": ledger, "desk": facts.desk_states(connection), "oversight": facts.oversight_states(connection)}
    )
    known = {case_id: state_without_messages(state) for case_id, state in ledger.items()}
    yield from compare_states({"ledger": known, "router": facts.router_states(connection, cases)})


def _own_cases(topics: TopicFacts) -> Mapping[UUID, ComparedDispatch]:
    """Return the latest dispatch of each complaint that is its own case."""
    return {
        complaint_id: topics.dispatches[complaint_id, place.hop]
        for complaint_id, place in latest_places(topics.dispatches).items()
        if place.case_id == complaint_id
    }


def _without(records: Mapping[tuple[object, ...], str], topics: TopicFacts) -> Mapping[tuple[object, ...], str]:
    """Return the records that are no dead letters."""
    return {key: text for key, text in records.items() if key[-1] not in topics.dead}


def compare_with_rebuilt(engine: Engine, rebuilds: Mapping[str, Callable[[], object]]) -> Iterator[Difference]:
    """Make each model again, and yield the rows that are not as before. `rebuilds` do it by the name of the model.

    A rebuild that fails raises `SubprocessError`. It is a difference, and the next model follows.
    """
    for name, rebuild in rebuilds.items():
        tables = facts.REBUILT_TABLES[name]
        with snapshot_transaction(engine) as connection:
            before = facts.table_rows(connection, tables)
        try:
            rebuild()
        except SubprocessError as error:
            yield Difference(f"rebuilt: {name}", "", f"not made again: {error}")
            continue
        with snapshot_transaction(engine) as connection:
            after = facts.table_rows(connection, tables)
        yield from compare_facts(f"rebuilt: {name}", before, after, names=("before", "rebuilt"))


def audit_differences(audit: Audit) -> Iterator[Difference]:
    """Yield the differences of an audit, and that messages are still in progress."""
    for difference in audit.differences:
        yield Difference(f"audit: {difference.name}", difference.id, difference.text)
    if audit.pending:
        yield Difference("audit: pending", "", f"{audit.pending} messages are still in progress")


def compare_numbers(connection: Connection, accepted: Mapping[str, str]) -> Iterator[Difference]:
    """Yield each number that a door gave to a citizen, and that the ledger does not know."""
    yield from unknown_numbers(accepted, facts.known_numbers(connection))
