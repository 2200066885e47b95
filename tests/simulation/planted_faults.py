"""Faults planted into the program, one at a time, so that a test shows that the simulation finds them."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from sqlalchemy import Connection, Engine

import cases.derivations.loop as derivation_loop
import cases.facts.store as fact_store
import cases.words.forgotten as case_words
import normalize.stage as normalize_stage
import router.lifecycle.answer as router_answer
import router.stage as router_stage
from app.operations.forgetting import forgetting
from app.operations.forgetting.stage import ForgetStage
from bus.errors import Retry
from bus.port import Consumer, Outgoing, Record
from bus.worker import Worker
from cases.derivations.new_facts import NewFacts
from cases.derivations.position import lock_positions, move_positions, read_entries
from cases.derivations.shared_facts import SharedFacts
from cases.facts import log
from config.database import write_transaction
from ingest.spool_drain import SpoolDrain, SpoolingProducer
from messages import codec
from messages.answer_check import AnswerCheck
from messages.shapes import Dispatch, Reply
from normalize.earlier import Earlier
from router.cases import stored_batch
from router.lifecycle import refusal
from tests.simulation.sim_bus import SimConsumer

# Plants a fault for as long as the context is open.
Plant = Callable[[], AbstractContextManager[Any]]

_fact_rows = log.append_to_log
_next_dispatch = refusal.dispatch_to_next_agency
_outcome = router_answer.answer_outcome
_stored_batch = stored_batch.read_stored_batch
_publish = SpoolingProducer.publish


def _commit_before_effect(self: Worker, consumer: Consumer, records: Sequence[Record]) -> None:
    """Commit the offsets, and only then handle the records."""
    consumer.commit([])
    consumer.commit(self._handle(records))


def _commit_swallows_retry(self: Worker, consumer: Consumer, records: Sequence[Record]) -> None:
    """Go on after a commit that the bus did not confirm."""
    try:
        consumer.commit(self._handle(records))
    except Retry:
        self.worker_health.retried += 1


def _handling_swallows_errors(self: Worker, consumer: Consumer, records: Sequence[Record]) -> None:
    """Take a database that is away for a batch without outputs."""
    try:
        outputs: Sequence[Outgoing] = self._handle(records)
    except self._worker_errors:
        outputs = ()
    consumer.commit(outputs)


def _outputs_before_offsets(self: Worker, consumer: Consumer, records: Sequence[Record]) -> None:
    """Publish the outputs outside the transaction of the offsets."""
    outputs = self._handle(records)
    of_bus: SimConsumer = vars(consumer)["_consumer"]
    polled, vars(of_bus)["_polled"] = vars(of_bus)["_polled"], set()
    consumer.commit(outputs)
    vars(of_bus)["_polled"] = polled
    consumer.commit([])


def _leave_out_last(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Log the facts of a batch without the last one, if there are several."""
    _fact_rows(connection, entries[:-1] if len(entries) > 1 else entries)


def _skip_a_position(connection: Connection, names: Collection[str], position: int) -> None:
    """Move a derivation past an entry that it has not read."""
    move_positions(connection, names, position + (position % 7 == 0))


def _move_before_deriving(engine: Engine, derivations: Sequence[Any], limit: int = 500) -> int:
    """Move the positions in a transaction of its own, and derive in the next one."""
    names = [derivation.name for derivation in derivations]
    with write_transaction(engine) as connection:
        position = max(lock_positions(connection, names).values())
        entries = read_entries(connection, position, limit)
        if entries:
            move_positions(connection, names, entries[-1].position)
    if entries:
        new_facts = NewFacts(entries)
        with write_transaction(engine) as connection:
            shared = SharedFacts(connection, new_facts.complaint_ids())
            for derivation in derivations:
                derivation.derive(connection, new_facts, shared)
    return len(entries)


def _forget_earlier_dispatches(*arguments: Any) -> Any:
    """Route a record again that was routed before."""
    return _stored_batch(*arguments)._replace(dispatches={})


def _hop_off_by_one(*arguments: Any) -> Dispatch:
    """Number the hop after a refusal too high."""
    dispatch = _next_dispatch(*arguments)
    return dispatch.model_copy(update={"hop": dispatch.hop + 1})


def _stale_answer_counts(answered: Any, *rest: Any) -> Any:
    """Let an answer count whose agency does not have the case any more."""
    return _outcome(answered._replace(is_latest=True), *rest)


def _double_reply(reply: Reply | None) -> Sequence[Outgoing]:
    """Give a reply a new id each time."""
    if reply is None:
        return ()
    reply = reply.model_copy(update={"id": uuid.uuid4()})
    return [Outgoing("replies", *codec.encode(reply, str(reply.complaint_id), "/test"))]


def _lose_when_away(self: SpoolingProducer, messages: Sequence[Outgoing]) -> None:
    """Confirm a message although neither the bus nor the spool has it."""
    with mock.patch.object(self._spool, "append", return_value=None):
        _publish(self, messages)


def _delete_before_publishing(self: SpoolDrain, *, check_topics: bool = False) -> int:
    """Empty the spool before the bus has its messages."""
    last_number, messages = self._spool.oldest_batch()
    if messages:
        self._spool.delete_until(last_number)
        self._producer.publish(messages)
    return len(messages)


def _keep_all_leases(_self: SimConsumer) -> None:
    """Let a member commit that has lost its partitions."""


def _no_dispatches(*_arguments: Any) -> Iterable[Dispatch]:
    return ()


def _patched(owner: object, name: str, replacement: object) -> Plant:
    return lambda: mock.patch.object(owner, name, replacement)


# By name.
PLANTED_FAULTS: Mapping[str, Plant] = {
    "worker commits before the effect": _patched(Worker, "_work", _commit_before_effect),
    "worker swallows a refused commit": _patched(Worker, "_work", _commit_swallows_retry),
    "worker swallows a database that is away": _patched(Worker, "_work", _handling_swallows_errors),
    "worker publishes outside the transaction": _patched(Worker, "_work", _outputs_before_offsets),
    "bus does not fence": _patched(SimConsumer, "_check_leases", _keep_all_leases),
    "door confirms what nobody has": _patched(SpoolingProducer, "publish", _lose_when_away),
    "spool is emptied too early": _patched(SpoolDrain, "drain_batch", _delete_before_publishing),
    "normalizer decides a delivery again": _patched(Earlier, "has_decided_delivery", lambda *_: False),
    "normalizer does not follow a correction": _patched(normalize_stage, "_follow", lambda *_: None),
    "normalizer does not close cases": _patched(normalize_stage, "close_cases", lambda *_: None),
    "router forgets what it routed": _patched(router_stage, "read_stored_batch", _forget_earlier_dispatches),
    "router numbers a hop too high": _patched(router_stage, "dispatch_to_next_agency", _hop_off_by_one),
    "router counts a stale answer": _patched(router_answer, "answer_outcome", _stale_answer_counts),
    "router gives a reply a new id": _patched(router_stage, "_reply_messages", _double_reply),
    "router applies no correction": _patched(router_stage, "apply_correction", _no_dispatches),
    "any key signs an answer": _patched(AnswerCheck, "_authenticator_fault", lambda *_: None),
    "an answer needs no authenticator": _patched(AnswerCheck, "fault", lambda *_: None),
    "a request before its report is dropped": _patched(ForgetStage, "_wait", lambda *_: None),
    "a tombstone erases nothing": _patched(forgetting, "erase", lambda *_: {}),
    "forgotten words come back to the cases": _patched(case_words, "forgotten_complaints", lambda *_: ()),
    "cases log one fact too few": _patched(fact_store, "append_to_log", _leave_out_last),
    "derivations skip a position": _patched(derivation_loop, "move_positions", _skip_a_position),
    "derivations move before they derive": _patched(derivation_loop, "derive_once", _move_before_deriving),
}
