"""Examples of the table of competence that their rows do not decide."""

from collections.abc import Iterator

from messages.shapes import Report
from router.decide import decide
from router.evidence.competence import Competence
from router.rules import Rules


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
