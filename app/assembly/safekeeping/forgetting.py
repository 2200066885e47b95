"""Assembles what forgets persons: the stage, the destruction of keys, and the requests of officers."""

import threading
from collections.abc import Callable

import structlog

from app.assembly.derivation_names import derivation_names
from app.assembly.parts import Parts
from app.operations.forgetting.forgetting import Destruction, Forgetting
from app.operations.forgetting.request import ForgettingRequests
from app.operations.forgetting.stage import ForgetStage
from app.operations.forgetting.unprocessed import UnprocessedMessages
from bus.errors import Retry
from config.database import DatabaseUnavailable
from messages.topics import raw_topic
from monitor.process_probe import ProcessProbe

# Pause between two looks for keys whose grace has ended.
_DESTRUCTION_SECONDS = 600.0

_log = structlog.get_logger()


def forgetting(parts: Parts) -> Forgetting:
    """Return what forgets persons in the database."""
    return Forgetting(
        parts.engine,
        parts.keys.key_store,
        parts.wrapper.sender_hash,
        parts.sealer,
        parts.now,
        derivation_names(parts.settings),
    )


def forget_stage(parts: Parts) -> ForgetStage:
    """Return the stage that forgets whoever asks for it."""
    return ForgetStage(parts.engine, forgetting(parts))


def forgetting_requests(parts: Parts) -> ForgettingRequests:
    """Return the requests of officers."""
    return ForgettingRequests(parts.engine, parts.bus, forgetting(parts), parts.audit_log)


def destroy_due_keys(parts: Parts) -> Destruction:
    """Destroy the keys of persons whose grace has ended. Raises `Retry` and `DatabaseUnavailable`."""
    addresses = parts.settings.peers if parts.settings.ops_peers else ()
    probe = ProcessProbe(addresses, parts.now, parts.clock.monotonic, parts.threads.pool)
    arrival_topics = [raw_topic(channel) for channel in parts.channels.names]
    unprocessed = UnprocessedMessages(parts.bus, parts.doors.spool, arrival_topics, probe.probe_all)
    return forgetting(parts).finish(unprocessed.waits_for)


def destruction_loop(parts: Parts, stopping: threading.Event) -> Callable[[], None]:
    """Return the function that destroys due keys every ten minutes until the process stops."""

    def run() -> None:
        while not stopping.is_set():
            try:
                destruction = destroy_due_keys(parts)
            except (Retry, DatabaseUnavailable) as error:
                _log.warning("person_keys.not_destroyed", cause=str(error))
            else:
                _report(destruction)
            stopping.wait(_DESTRUCTION_SECONDS)

    return run


def _report(destruction: Destruction) -> None:
    if destruction.waits_for:
        _log.warning("person_keys.not_destroyed", cause=destruction.waits_for)
    elif destruction.persons:
        _log.info("person_keys.destroyed", persons=destruction.persons, keys=destruction.keys)
