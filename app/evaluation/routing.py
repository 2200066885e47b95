"""What the router would make of reports, what an edit of its tables would change, and what is wrong with them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.assembly.channels import InstalledChannelName
from app.assembly.parts import Parts
from config.reference.folder import ReferenceFolder
from config.reference.table_reader import read_table
from language.text import clean_text
from messages import codec
from messages.shapes import Complaint, Place, Report
from messages.topics import COMPLAINTS
from router.decide import decide
from router.decision import Decision
from router.evidence.competence import Competence
from router.registry.registry_faults import registry_faults
from router.rules import Rules
from router.rules_loading import RULE_TABLES


class ReportLine(BaseModel):
    """A report as it is explained: one JSON object a line. `location` and `agency` are what the sender filled in."""

    model_config = ConfigDict(extra="ignore")

    id: str = ""
    title: str = ""
    text: str = ""
    channel: InstalledChannelName = "web"
    location: str = ""
    agency: str = ""

    def report(self) -> Report:
        """As the reader of its channel would have read it."""
        place = Place.model_construct(region=clean_text(self.location))
        return Report.model_construct(
            title=clean_text(self.title), text=clean_text(self.text), agency=clean_text(self.agency), place=place
        )


def explain_report(rules: Rules, told: ReportLine) -> dict[str, Any]:
    """The decision on a report, for programs."""
    return {"id": told.id, **decision_json(decide(told.report(), rules))}


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision as JSON."""
    return {
        "agency": decision.agency,
        "alternatives": list(decision.alternatives),
        "region": decision.region or None,
        "topic": decision.topic or None,
        "confidence": decision.confidence,
        "triage": decision.is_triage,
        "reasons": [reason.model_dump() for reason in decision.reasons],
    }


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A complaint that would go to another door."""

    tracking: str
    before: Decision
    after: Decision


def replay_decisions(parts: Parts, before: Rules, after: Rules, since: datetime) -> Iterator[DecisionChange | None]:
    """For each complaint of the topic since a moment, in order: what changes, or `None`. Nothing is written or kept.

    What can't be read is passed over: the router has put it aside.
    """
    reader = parts.bus.reader()
    try:
        for record in reader.read([COMPLAINTS]):
            with suppress(codec.CodecError):
                complaint = codec.decode(Complaint, record.value, record.headers)
                if complaint.at >= since:
                    yield _change(complaint, before, after)
    finally:
        reader.close()


def _change(complaint: Complaint, before: Rules, after: Rules) -> DecisionChange | None:
    was, would = decide(complaint.report, before), decide(complaint.report, after)
    return DecisionChange(complaint.tracking, was, would) if was.agency != would.agency else None


def table_differences(before: Path, after: Path) -> Iterator[str]:
    """A line for each row that was added (+), removed (-) or changed (~) between two folders of tables."""
    before_tables, after_tables = ReferenceFolder(before), ReferenceFolder(after)
    for name in RULE_TABLES:
        rows, others = _rows(before_tables.table(name)), _rows(after_tables.table(name))
        for key in sorted(rows.keys() | others.keys()):
            if key not in others:
                yield f"- {name}: {key}"
            elif key not in rows:
                yield f"+ {name}: {key}: {others[key]}"
            elif rows[key] != others[key]:
                yield f"~ {name}: {key}: {rows[key]} -> {others[key]}"


def _rows(path: Path) -> dict[str, str]:
    """The rows by their first cell, numbered where it stands several times."""
    found: dict[str, str] = {}
    for row in read_table(path, ()):
        key, *cells = row.cells.values()
        number = 1
        while (named := key if number == 1 else f"{key} ({number})") in found:
            number += 1
        found[named] = ",".join(cells)
    return found


def rule_faults(rules: Rules) -> Iterator[str]:
    """What is wrong with tables that can be read: names that nothing finds, examples that go elsewhere."""
    yield from registry_faults(rules.registry, rules.name_resolver, rules.language.regions)
    for row in rules.competence.rows:
        yield from _example_faults(rules, row)


def _example_faults(rules: Rules, row: Competence) -> Iterator[str]:
    report = Report(text=row.example)
    decision = decide(report, rules)
    spoke = {sign.rule for sign in rules.collect_evidence(report).evidence if sign.institution == decision.agency}
    if row.id not in spoke:
        yield f"competence.csv: {row.id}: its example goes to {decision.agency}, and not by this row"
