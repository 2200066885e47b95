"""Which rules send complaints to institutions that refuse them, and to whom these point. Counts alone, nobody's words.

A dispatch is by a rule that stands in its own reasons: all of them at the first door, behind a refusal those that were
added to the reasons of the door before. What lies with another's case is counted with that, as it is answered with it.
What triage gives on was decided, not refused, and is not counted here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Label, and_, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from messages.topics import TRIAGE
from sinks.ledger.tables import AnswerRow, DispatchRow

# They say how it stands to another, not why it is at this door.
_NO_CHOICE = frozenset(("follows", "split"))


@dataclass(frozen=True, slots=True)
class RuleRefusals:
    """A rule: how many dispatches are by it, how many of them were refused, and how often each agency was pointed to.

    `pointed` is by code, most often first; a refusal that names nobody points to none.
    """

    rule: str
    dispatches: int
    refusals: int
    pointed: Mapping[str, int]

    @property
    def share(self) -> float:
        """Of the dispatches, those that were refused."""
        return self.refusals / self.dispatches


def rule_refusals(connection: Connection, since: datetime | None = None) -> Sequence[RuleRefusals]:
    """The rules of what was dispatched `since` then: the most refused first."""
    sent = _counted(connection, since)
    refused, pointed = _refused(connection, since)
    rules = [RuleRefusals(rule, many, refused[rule], _by_count(pointed[rule])) for rule, many in sent.items()]
    return sorted(rules, key=lambda one: (-one.refusals, -one.share, one.rule))


def own_rules(rules: str, before: str | None) -> Iterable[str]:
    """The rules that chose a door, without those of the door before; both as in `DispatchRow.rules`."""
    all_, earlier = rules.split("|"), before.split("|") if before else []
    added = all_[len(earlier) :] if all_[: len(earlier)] == earlier else all_
    return [rule for rule in dict.fromkeys(added) if rule and rule not in _NO_CHOICE]


_BEFORE = aliased(DispatchRow)
_RULES_BEFORE: Label[str] = col(_BEFORE.rules).label("before")
_HOP_BEFORE = and_(
    col(_BEFORE.complaint_id) == col(DispatchRow.complaint_id), col(_BEFORE.hop) == col(DispatchRow.hop) - 1
)


def _these(since: datetime | None) -> ColumnElement[bool]:
    mine = and_(col(DispatchRow.own_case), col(DispatchRow.agency) != TRIAGE)
    return and_(mine, col(DispatchRow.dispatched_at) >= since) if since else mine


def _counted(connection: Connection, since: datetime | None) -> Counter[str]:
    query = (
        select(col(DispatchRow.rules), _RULES_BEFORE, func.count().label("many"))
        .outerjoin(_BEFORE, _HOP_BEFORE)
        .where(_these(since))
        .group_by(col(DispatchRow.rules), col(_BEFORE.rules))
    )
    counts: Counter[str] = Counter()
    for row in connection.execute(query):
        counts.update(dict.fromkeys(own_rules(row.rules, row.before), row.many))
    return counts


def _refused(connection: Connection, since: datetime | None) -> tuple[Counter[str], Mapping[str, Counter[str]]]:
    """By their rules, how many dispatches were refused, and to whom those who refused them pointed."""
    asked = aliased(DispatchRow)
    # An answer to what lies with another's case is one to that.
    head = case((col(asked.own_case), col(asked.complaint_id)), else_=col(asked.of))
    # Compared below: a database that is asked to do so looks through all that an agency ever had.
    by: Label[str] = col(asked.agency).label("by")
    query = (
        select(
            col(DispatchRow.id),
            col(DispatchRow.rules),
            _RULES_BEFORE,
            col(AnswerRow.theirs),
            col(DispatchRow.agency),
            by,
        )
        .select_from(AnswerRow)
        .join(asked, and_(col(asked.id) == col(AnswerRow.dispatch_id), col(asked.agency) == col(AnswerRow.agency)))
        .join(DispatchRow, col(DispatchRow.complaint_id) == head)
        .outerjoin(_BEFORE, _HOP_BEFORE)
        .where(col(AnswerRow.verdict) == "refused", _these(since))
        .where(or_(col(DispatchRow.id) == col(asked.id), col(asked.own_case).is_(other=False)))
        .distinct()
    )
    seen, refused, pointed = set(), Counter[str](), defaultdict[str, Counter[str]](Counter)
    for row in connection.execute(query):
        if row.agency != row.by:
            continue
        for rule in own_rules(row.rules, row.before):
            refused[rule] += row.id not in seen
            if row.theirs:
                pointed[rule][row.theirs] += 1
        seen.add(row.id)
    return refused, pointed


def _by_count(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
