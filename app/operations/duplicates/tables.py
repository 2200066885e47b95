"""Table of the labelled pairs: decisions about suggestions, and plain merges and splits of pairs that have a score.

No topic has them: they are kept for learning.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, and_, or_, select, text
from sqlmodel import Field, Index, SQLModel, col

from cases.facts.tables import ComplaintFact
from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from config.table_declaration import declared, kept
from messages.shapes import Correction, Suggestion

# Beginning of the evidence that has the score of a join.
_SCORE = "score-"
# `same`: the two reports are about one problem. `different`: they are kept apart for ever.
Outcome: TypeAlias = Literal["same", "different"]


class DuplicateDecision(SQLModel, table=True):
    """A person's decision about a suggestion: a labelled pair, without words of anybody.

    There is one for each pair: of two persons who decide at once, the second inserts nothing. `evidence` are names of
    features, separated by `|`. `correction` is the message as JSON until the bus has it, and empty then.
    """

    __tablename__ = "duplicate_decision"
    __table_args__ = (
        Index("ix_duplicate_decision_decided_at", "decided_at", "complaint_id"),
        # Decisions wait for the bus only shortly: the index is nearly empty.
        Index(
            "ix_duplicate_decision_waiting",
            "decided_at",
            sqlite_where=text("correction <> ''"),
            postgresql_where=text("correction <> ''"),
        ),
        declared(kept("labelled pair of ids, without words"), retention="staff-acts"),
    )

    complaint_id: UUID = Field(primary_key=True)
    suggested_id: UUID = Field(primary_key=True)
    score: float
    evidence: str
    outcome: str
    actor: str
    decided_at: datetime = Field(sa_type=UtcDateTime)
    correction: str


def keep_label(engine: Engine, correction: Correction, actor: str) -> None:
    """Store the outcome of a published correction with the score of its pair; nothing for a pair without a score.

    A pair keeps its first decision.
    """
    with read_transaction(engine) as connection:
        pair = _suggested_pair(connection, correction) or _joined_pair(connection, correction)
    if pair is None:
        return
    complaint_id, compared = pair
    outcome: Outcome = "different" if correction.apart_from else "same"
    row = {
        "complaint_id": complaint_id,
        "suggested_id": compared.of,
        "score": compared.score,
        "evidence": "|".join(compared.evidence),
        "outcome": outcome,
        "actor": actor,
        "decided_at": correction.at,
        "correction": "",
    }
    with write_transaction(engine) as connection:
        connection.execute(insert_statement(connection, DuplicateDecision).values(row).on_conflict_do_nothing())


def _suggested_pair(connection: Connection, correction: Correction) -> tuple[UUID, Suggestion] | None:
    """Return the later complaint and the suggestion of the earlier one, whichever of them was corrected."""
    first, second = correction.complaint_id, correction.apart_from or correction.relation.of
    complaint_id, suggested_id = col(ComplaintFact.id), col(ComplaintFact.suggested_id)
    is_pair = or_(
        and_(complaint_id == first, suggested_id == second), and_(complaint_id == second, suggested_id == first)
    )
    columns = (
        complaint_id,
        suggested_id,
        col(ComplaintFact.suggestion_score),
        col(ComplaintFact.suggestion_evidence),
    )
    row = connection.execute(select(*columns).where(is_pair).order_by(complaint_id).limit(1)).first()
    if row is None:
        return None
    evidence = tuple(filter(None, row.suggestion_evidence.split("|")))
    return row.id, Suggestion(of=row.suggested_id, score=row.suggestion_score, evidence=evidence)


def _joined_pair(connection: Connection, correction: Correction) -> tuple[UUID, Suggestion] | None:
    """Return the complaint and the one that the normalizer put it to, with the score of their comparison."""
    # Only this needs the normalizer. A command that reads decisions starts sooner without it.
    from normalize.decision_store import Decision, StoredRelation  # noqa: PLC0415

    query = select(col(Decision.relation)).where(col(Decision.message_id) == correction.message_id)
    stored = connection.execute(query).scalar_one_or_none()
    relation = StoredRelation.model_validate_json(stored).relation() if stored else None
    if relation is None or relation.of is None or relation.of != (correction.apart_from or correction.relation.of):
        return None
    *evidence, score = relation.evidence or ("",)
    if not score.startswith(_SCORE):
        return None
    compared = Suggestion(of=relation.of, score=float(score.removeprefix(_SCORE)), evidence=tuple(evidence))
    return correction.complaint_id, compared
