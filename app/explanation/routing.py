"""Decisions of the router on given reports, the effect of an edit of its tables, and faults of the tables."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

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
    """A report to be explained, one JSON object a line.

    `location`, `address`, `latitude`, `longitude` and `agency` are what the sender filled in.
    """

    model_config = ConfigDict(extra="ignore")

    id: str = ""
    title: str = ""
    text: str = ""
    channel: InstalledChannelName = "web"
    location: str = ""
    address: str = ""
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    agency: str = ""

    def report(self) -> Report:
        """Return the report as the reader of its channel would read it."""
        return Report.model_construct(
            title=clean_text(self.title),
            text=clean_text(self.text),
            agency=clean_text(self.agency),
            place=Place.model_construct(
                region=clean_text(self.location),
                address=clean_text(self.address),
                latitude=self.latitude,
                longitude=self.longitude,
            ),
        )


def explain_report(rules: Rules, line: ReportLine) -> dict[str, Any]:
    """Return the decision on a report, for programs."""
    return {"id": line.id, **decision_json(decide(line.report(), rules))}


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON."""
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
    """A complaint that the edited rules would dispatch to another agency."""

    tracking: str
    current: Decision
    edited: Decision


def replay_decisions(
    parts: Parts, current_rules: Rules, edited_rules: Rules, since: datetime
) -> Iterator[DecisionChange | None]:
    """Yield for each complaint on the topic since a time, in order, the change of its decision, or `None`.

    Nothing is written. An unreadable complaint is skipped: the router has written it as a dead letter.
    """
    reader = parts.bus.reader()
    try:
        for record in reader.read([COMPLAINTS]):
            with suppress(codec.CodecError):
                complaint = codec.decode(Complaint, record.value, record.headers)
                if complaint.at >= since:
                    yield _change(complaint, current_rules, edited_rules)
    finally:
        reader.close()


def _change(complaint: Complaint, current_rules: Rules, edited_rules: Rules) -> DecisionChange | None:
    current, edited = decide(complaint.report, current_rules), decide(complaint.report, edited_rules)
    return DecisionChange(complaint.tracking, current, edited) if current.agency != edited.agency else None


def table_differences(old_folder: Path, new_folder: Path) -> Iterator[str]:
    """Yield a line for each row that was added (+), removed (-) or changed (~) between two folders of tables."""
    old_tables, new_tables = ReferenceFolder(old_folder), ReferenceFolder(new_folder)
    for name in RULE_TABLES:
        old_rows, new_rows = _rows_by_key(old_tables.table(name)), _rows_by_key(new_tables.table(name))
        for key in sorted(old_rows.keys() | new_rows.keys()):
            if key not in new_rows:
                yield f"- {name}: {key}"
            elif key not in old_rows:
                yield f"+ {name}: {key}: {new_rows[key]}"
            elif old_rows[key] != new_rows[key]:
                yield f"~ {name}: {key}: {old_rows[key]} -> {new_rows[key]}"


def _rows_by_key(path: Path) -> dict[str, str]:
    """Return the rows by their first cell, with a number if the cell stands several times."""
    rows: dict[str, str] = {}
    for row in read_table(path, ()):
        first_cell, *cells = row.cells.values()
        key, number = first_cell, 1
        while key in rows:
            number += 1
            key = f"{first_cell} ({number})"
        rows[key] = ",".join(cells)
    return rows


def rule_faults(rules: Rules) -> Iterator[str]:
    """Yield the faults of usable tables: names that are never found, examples that go to another agency."""
    yield from registry_faults(rules.registry, rules.name_resolver, rules.language.regions)
    yield from example_faults(rules)


def example_faults(rules: Rules) -> Iterator[str]:
    """Yield the rows of competence whose example goes to another agency, or not by this row."""
    for row in rules.competence.rows:
        yield from _example_faults(rules, row)


def _example_faults(rules: Rules, row: Competence) -> Iterator[str]:
    report = Report(text=row.example)
    decision = decide(report, rules)
    evidence = rules.collect_evidence(report).evidence
    deciding_rules = {piece.rule for piece in evidence if piece.institution == decision.agency}
    if row.id not in deciding_rules:
        yield f"competence.csv: {row.id}: its example goes to {decision.agency}, and not by this row"
