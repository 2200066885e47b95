"""Table of the decisions about suggestions. No topic has them: they are kept for learning."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime

# `same`: the two reports are about one problem. `different`: they are kept apart for ever.
Outcome: TypeAlias = Literal["same", "different"]


class DuplicateDecision(SQLModel, table=True):
    """A person's decision about a suggestion: a labelled pair, without words of anybody.

    There is one for each pair: of two persons who decide at once, the second inserts nothing. `evidence` are names of
    features, separated by `|`. `correction` is the message as JSON until the bus has it, and empty then.
    """

    __tablename__ = "duplicate_decision"
    __table_args__ = (Index("ix_duplicate_decision_decided_at", "decided_at", "complaint_id"),)

    complaint_id: UUID = Field(primary_key=True)
    suggested_id: UUID = Field(primary_key=True)
    score: float
    evidence: str
    outcome: str
    actor: str
    decided_at: datetime = Field(sa_type=UtcDateTime)
    correction: str
