"""What remains of the records of a person who is forgotten."""

import json

from messages.forgotten import forgotten_dispatch
from messages.shapes import Dispatch
from tests.journeys.test_journeys import CASES


def test_no_quotation_remains_of_a_dispatch() -> None:
    """Sentences about a report quote it in “…”: its reasons, and the evidence for kinds of units. Their rules stay."""
    files = [case / "3-dispatch.json" for case in CASES if (case / "3-dispatch.json").exists()]
    dispatches = [Dispatch.model_validate(json.loads(file.read_text())["value"]) for file in files]
    assert any("“" in kind.text for dispatch in dispatches for kind in dispatch.unit_kinds)
    for dispatch in dispatches:
        remains = forgotten_dispatch(dispatch)
        assert "“" not in remains.model_dump_json()
        assert [reason.rule for reason in remains.reasons] == [reason.rule for reason in dispatch.reasons]
        assert [kind.kind for kind in remains.unit_kinds] == [kind.kind for kind in dispatch.unit_kinds]
