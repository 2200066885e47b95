"""The stage that stores the facts of cases, and the derivations that follow it."""

import threading
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from app.assembly.derivation_names import PUBLIC
from app.assembly.desk.proposal_tables import proposal_tables
from app.assembly.desk.telling import teller
from app.assembly.parts import Parts
from app.assembly.processes.batch_pauses import DERIVATIONS, batch_pause
from cases.derivations.loop import Derivation, DerivationLoop
from cases.facts.stage import CaseStage
from desk.changes import OnChanges
from desk.read_model.derivation import DERIVATION as DESK
from desk.read_model.derivation import DeskDerivation
from oversight.read_model.derivation import DERIVATION as OVERSIGHT
from oversight.read_model.derivation import derive_new
from sinks.ledger.counts.queue_counts import DERIVATION as QUEUES
from sinks.ledger.counts.queue_counts import derive_waiting_cases


def case_stage(parts: Parts, on_stored: Callable[[], None]) -> CaseStage:
    """Return the stage. `on_stored` is called when there are new facts."""
    return CaseStage(
        parts.engine,
        parts.channels.names,
        parts.keys.answer_check,
        lambda: parts.registry.institutions,
        on_stored,
    )


def derivations(parts: Parts) -> Sequence[Derivation]:
    """Return the derivations of the service."""
    return _derivations(parts, teller(parts))


def silent_derivations(parts: Parts) -> Sequence[Derivation]:
    """Return the same derivations, which tell no agency anything: what a restore reads is no news.

    The public view is rebuilt after a restore, and only passes the facts by.
    """
    return [
        Derivation(derivation.name, _pass_by) if derivation.name == PUBLIC else derivation
        for derivation in _derivations(parts, _pass_by)
    ]


def derivation_loop(parts: Parts, stopping: threading.Event, woken: threading.Event) -> DerivationLoop:
    """Return the loop of the derivations. `woken` is set when there are new facts."""
    pause = batch_pause(parts.settings, DERIVATIONS)
    return DerivationLoop(derivations(parts), parts.engine, stopping, woken, parts.clock.monotonic, pause)


def _derivations(parts: Parts, on_changes: OnChanges) -> Sequence[Derivation]:
    all_derivations = [
        Derivation(QUEUES, derive_waiting_cases),
        Derivation(DESK, DeskDerivation(on_changes, parts.deadlines, proposal_tables(parts)).derive),
        Derivation(OVERSIGHT, partial(derive_new, deadlines=parts.deadlines, programmes=parts.tables.programmes)),
    ]
    if parts.settings.public_view:
        from app.assembly.doors.public_view import public_read_model

        all_derivations.append(Derivation(PUBLIC, public_read_model(parts).derive_new))
    return all_derivations


def _pass_by(_connection: Connection, *_news: object) -> None:
    """Do nothing."""
