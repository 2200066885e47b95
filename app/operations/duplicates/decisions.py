"""Decisions of persons about suggestions: confirmed, the report is merged; denied, the two are kept apart for ever.

A decision is a row before it is a message, and there is one row for a pair. So of two persons who decide at once, the
first one's decision takes effect and the second reads it. Nothing is changed here: the stages process the correction.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, select, update
from sqlmodel import col

from accounts.permissions import person_name
from app.operations.corrections import Corrections, NumberedCorrection
from app.operations.duplicates.suggested_pairs import SuggestedPair, SuggestedPairs
from app.operations.duplicates.tables import DuplicateDecision, Outcome
from app.operations.not_possible import NotPossible
from app.operations.recorder import Recorder
from config.database import insert_statement, read_transaction, write_transaction
from messages.shapes import Correction, iso

# Reasons of decisions on a page, for the audit log and for the agency: one act needs no typed reason.
REASONS: Mapping[Outcome, str] = {
    "same": "Petugas membenarkan bahwa kedua laporan sama.",
    "different": "Petugas menyatakan bahwa kedua laporan tidak sama.",
}
# Actions in the audit log.
_ACTIONS: Mapping[Outcome, str] = {"same": "duplicates.confirm", "different": "duplicates.deny"}


class DuplicateDecisions:
    """Decides about suggestions. Numbers are in their canonical form.

    `decide` records the act in the `log` before it has any effect. It may raise `NotPossible` and the errors of bus and
    database. If the bus is away, the decision is stored, and the next attempt of anybody publishes it, or
    `DecisionPublisher`.
    """

    def __init__(self, engine: Engine, corrections: Corrections, log: Recorder) -> None:
        self._engine = engine
        self._corrections = corrections
        self._log = log
        self._pairs = SuggestedPairs(engine)

    def decide(self, number: str, outcome: Outcome, actor: str, why: str, at: datetime, agency: str = "") -> str:
        """Confirm or deny the suggestion for a report; return the number of the other case.

        `agency` is the only institution that may have the two cases; empty for staff, who decide about all.
        """
        pair = self._pairs.require(number)
        if pair.outcome:
            return self._decided_before(pair, outcome, actor)
        self._check(pair, agency)
        prepared = self._prepare(pair, outcome, actor, why, at)
        subject = f"{pair.complaint_id} {pair.suggested_id}"
        self._log.append(_ACTIONS[outcome], subject, actor, why, at)
        if not self._store(pair, outcome, actor, prepared.correction, at):
            return self._decided_before(self._pairs.require(number), outcome, actor)
        self._publish(pair, prepared.correction)
        return pair.suggested_number

    def _decided_before(self, pair: SuggestedPair, outcome: Outcome, actor: str) -> str:
        """Publish an earlier decision if the bus lacks it. Raises `NotPossible` unless it is the same one again."""
        if pair.is_pending:
            self._publish_stored(pair)
        if (pair.outcome, pair.actor) == (outcome, actor):
            return pair.suggested_number
        person = pair.actor or "Another person"
        effect = "merged" if pair.outcome == "same" else "kept apart"
        raise NotPossible(
            f"{person} has decided before you: {pair.number} and {pair.suggested_number} are {effect}.",
            "suggestion-decided",
            number=pair.number,
            target=pair.suggested_number,
            actor=person_name(pair.actor),
            outcome=pair.outcome or "",
        )

    def _check(self, pair: SuggestedPair, agency: str) -> None:
        if pair.state != "open":
            raise NotPossible(
                f"The suggestion for {pair.number} is not open any more ({pair.state}).",
                "suggestion-not-open",
                number=pair.number,
                target=pair.suggested_number,
            )
        if agency and {pair.agency, pair.suggested_agency} != {agency}:
            raise NotPossible(
                f"{pair.number} and the suggested report are not both at {agency}.", "other-agency", number=pair.number
            )

    def _prepare(self, pair: SuggestedPair, outcome: Outcome, actor: str, why: str, at: datetime) -> NumberedCorrection:
        if outcome == "same":
            return self._corrections.prepare_merge(pair.suggested_number, pair.number, "joins", actor, why, at)
        return self._corrections.prepare_denial(pair.suggested_id, pair.number, actor, why, at)

    def _store(self, pair: SuggestedPair, outcome: Outcome, actor: str, correction: Correction, at: datetime) -> bool:
        """Store the decision; return False if another one was stored first."""
        row = {
            "complaint_id": pair.complaint_id,
            "suggested_id": pair.suggested_id,
            "score": pair.score,
            "evidence": "|".join(pair.evidence),
            "outcome": outcome,
            "actor": actor,
            "decided_at": at,
            "correction": correction.model_dump_json(),
        }
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, DuplicateDecision).values(row).on_conflict_do_nothing()
            inserted = connection.execute(statement.returning(col(DuplicateDecision.complaint_id)))
            return inserted.one_or_none() is not None

    def _publish_stored(self, pair: SuggestedPair) -> None:
        query = select(col(DuplicateDecision.correction)).where(*_is_pair(pair))
        with read_transaction(self._engine) as connection:
            correction = connection.execute(query).scalar_one()
        if correction:
            self._publish(pair, Correction.model_validate_json(correction))

    def _publish(self, pair: SuggestedPair, correction: Correction) -> None:
        self._corrections.publish(correction)
        with write_transaction(self._engine) as connection:
            connection.execute(update(DuplicateDecision).where(*_is_pair(pair)).values(correction=""))


def labelled_pairs(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield all decisions as pairs for learning, oldest first. They have ids, numbers and codes, and no words."""
    columns = DuplicateDecision.__table__.columns  # type: ignore[attr-defined]
    query = select(*columns).order_by(col(DuplicateDecision.decided_at), col(DuplicateDecision.complaint_id))
    with read_transaction(engine) as connection:
        for row in connection.execute(query):
            yield {
                "complaint": str(row.complaint_id),
                "suggested": str(row.suggested_id),
                "score": row.score,
                "evidence": [name for name in row.evidence.split("|") if name],
                "outcome": row.outcome,
                "actor": row.actor,
                "decided_at": iso(row.decided_at),
            }


def _is_pair(pair: SuggestedPair) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        col(DuplicateDecision.complaint_id) == pair.complaint_id,
        col(DuplicateDecision.suggested_id) == pair.suggested_id,
    )
