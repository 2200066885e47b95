"""What the ledger's status of a number means to the mobile app's feed."""

from collections.abc import Mapping, Sequence

from ingest.mobile.shapes import ReportState
from sinks.ledger.status import Ledger, Status


def states(ledger: Ledger, numbers: Sequence[str]) -> Mapping[str, ReportState]:
    """The states of these tracking numbers; one that the ledger does not know (yet) is left out."""
    return {number: _state(status) for number, status in ledger.statuses(numbers).items()}


def _state(status: Status) -> ReportState:
    doors = [step.agency for step in status.steps if step.what == "dispatched"]
    return ReportState.model_validate(
        {
            "state": status.state,
            "changed_at": max(step.at for step in status.steps),
            "agency": doors[-1] if doors else "",
            "belongs_to": status.of,
        }
    )
