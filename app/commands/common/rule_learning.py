"""Learns the weights of the router's evidence from decided cases, shows the effect, and writes them on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.common.arguments import require_actor_and_reason
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import ERR, print_json, print_line, print_note, print_table, stop

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.operations.learning.retraining import CaseReport, LabelledReport
    from app.operations.learning.retraining_result import Retraining
    from app.operations.learning.row_proposals import RowProposal
    from router.rules import Rules


@dataclass(frozen=True, slots=True)
class LearningRequest:
    """Options of `rules learn`, and the labelled reports for learning and for measuring."""

    since: datetime
    learning: Sequence[LabelledReport]
    measuring: Sequence[LabelledReport]
    examples: Path | None
    actor: str
    why: str
    write: bool
    force: bool


@dataclass(frozen=True, slots=True)
class LearningResult:
    """Learned weights, the figures that are worse than their tolerances, and rows for a person to check."""

    version: str
    retraining: Retraining
    excesses: Sequence[str]
    proposals: Sequence[RowProposal]


def learn_rules(request: LearningRequest, *, as_json: bool) -> None:
    """Print what is learned, and write it if that is requested and allowed. Exit 1 with a figure beyond a tolerance."""
    if request.write:
        require_actor_and_reason(request.actor, request.why)
    with open_parts_with_tables() as parts:
        rules = parts.rules
        cases = _read_cases(parts, request.since)
        result = _learn(rules, cases, request)
        if request.examples:
            _write_examples(request.examples, cases, rules)
        is_written = request.write and (request.force or not result.excesses)
        new_version = _write(parts, request, result) if is_written else ""
    if as_json:
        print_json({**_result_json(result, rules), "written": is_written, "new_version": new_version or None})
    else:
        _print_result(result, rules)
    _end(result, new_version)


def _read_cases(parts: Parts, since: datetime) -> Sequence[CaseReport]:
    from app.operations.learning.decided_cases import decided_cases, find_report
    from app.operations.learning.retraining import CaseReport
    from config.database import read_transaction

    with read_transaction(parts.engine) as connection:
        cases = decided_cases(connection, since)
        reports = ((case, find_report(connection, case.complaint_id)) for case in cases)
        # Words that were deleted say nothing.
        return [CaseReport(case, report) for case, report in reports if report.text.strip()]


def _learn(rules: Rules, cases: Sequence[CaseReport], request: LearningRequest) -> LearningResult:
    from app.operations.learning.retraining import retrain
    from app.operations.learning.row_proposals import row_proposals
    from app.operations.learning.tolerances import excesses

    retraining = retrain(rules, cases, request.learning, request.measuring)
    proposals = list(row_proposals([item.case for item in cases], rules.competence))
    return LearningResult(rules.version, retraining, list(excesses(retraining)), proposals)


def _write_examples(path: Path, cases: Sequence[CaseReport], rules: Rules) -> None:
    from app.operations.learning.retraining import example_json

    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(example_json(rules, item))}\n" for item in cases)


def _write(parts: Parts, request: LearningRequest, result: LearningResult) -> str:
    """Write the learned weights; return the version of the rules with them."""
    from app.operations.learning.weight_table import ShippedTablesError, write_weights
    from config.reference.folder import ReferenceFolder
    from router.rules_loading import load_rules_of_folder

    folder = ReferenceFolder(parts.settings.reference_folder)
    try:
        former = write_weights(
            folder,
            result.retraining.weights,
            result.version,
            parts.audit_log,
            request.actor,
            request.why,
            parts.now(),
        )
    except ShippedTablesError as error:
        stop(str(error), 1)
    print_note(f"The former weights are kept in {former}. To return to them, copy that file over doors.csv.")
    return load_rules_of_folder(folder.path).version


def _end(result: LearningResult, new_version: str) -> None:
    """Say what was done, and end the process with 1 if a figure is beyond its tolerance and the weights not written."""
    for sentence in result.excesses:
        ERR.print(f"Beyond the tolerance: {sentence}.", style="bold red", markup=False, highlight=False)
    if not result.retraining.cases:
        print_note("No case was decided in this time: these weights come from the labelled reports alone.")
    if new_version:
        print_note(f"Written. The rules are version {new_version}. The router loads them before its next batch.")
        return
    if result.excesses:
        print_note("Nothing was written. --write --force would write in spite of it.")
        sys.exit(1)
    print_note("Nothing was written. Add --write --actor … --why … to take these weights.")


def _result_json(result: LearningResult, rules: Rules) -> dict[str, Any]:
    retraining = result.retraining
    return {
        "version": result.version,
        "learned_cases": dict(retraining.cases),
        "measured": dict(retraining.sizes),
        "weights": {
            kind: {"before": rules.weights.by_kind[kind], "after": weight}
            for kind, weight in retraining.weights.by_kind.items()
        },
        "figures": [change._asdict() for change in retraining.figures],
        "lost_examples": dict(zip(("before", "after"), map(list, retraining.lost_examples), strict=True)),
        "agencies": [change._asdict() for change in retraining.agencies],
        "beyond_tolerance": list(result.excesses),
        "rows": [proposal._asdict() for proposal in result.proposals],
    }


def _print_result(result: LearningResult, rules: Rules) -> None:
    retraining = result.retraining
    counts = ", ".join(f"{kind} {count}" for kind, count in sorted(retraining.cases.items())) or "none"
    print_line(f"rules {result.version}; learned cases: {counts}; measured: {_sizes(retraining)}")
    print_table(
        ("evidence", "weight", "learned"),
        [
            (kind, f"{rules.weights.by_kind[kind]:.3f}", f"{weight:.3f}")
            for kind, weight in retraining.weights.by_kind.items()
            if weight != rules.weights.by_kind[kind]
        ],
        uncut=("weight", "learned"),
    )
    print_table(
        ("reports", "figure", "before", "after"),
        [
            (change.reports, change.name, f"{change.before:.3f}", f"{change.after:.3f}")
            for change in retraining.figures
            if not change.name.startswith("right, ") or change.before != change.after
        ],
        uncut=("before", "after"),
    )
    for agency in retraining.agencies:
        print_line(f"{agency.agency}: {agency.before} labelled reports reached it, {agency.after} with these weights")
    for row in result.proposals:
        print_line(
            f"competence.csv: {row.row} ({row.institution}): {row.refused} of {row.cases} cases refused, "
            f"{row.taken} of them taken by {row.taken_by}. Check the law, then edit the row."
        )


def _sizes(retraining: Retraining) -> str:
    return ", ".join(f"{size} {name}" for name, size in retraining.sizes.items())
