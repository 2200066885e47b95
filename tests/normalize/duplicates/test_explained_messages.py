"""Decisions on messages in the order of arrival: `python -m bench.evaluation explain`."""

import json
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest

from app.explanation.reading import ExplainedMessage
from bench.evaluation.explained_messages import explain_messages, read_batches
from config.reference.duplicate_weights import load_duplicate_weights
from language.model import load_language_model
from normalize.duplicates.factory import DuplicateDetection
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def explained(*messages: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the decision on each message."""
    detection = DuplicateDetection(load_language_model(), load_duplicate_weights())
    return list(explain_messages(detection, map(ExplainedMessage.model_validate, messages)))


def test_each_line_is_explained_at_once() -> None:
    """A slow pipe gets each decision before it sends the next message."""
    command = [sys.executable, "-m", "bench.evaluation", "explain"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        decisions = []
        for number in range(2):
            line = {"id": f"{number}", "sender": "a", "text": "Jembatan Kali Wungu retak, bahaya bagi truk"}
            process.stdin.write(f"{json.dumps(line)}\n")
            process.stdin.flush()
            decisions.append(json.loads(process.stdout.readline())["decision"])
        process.stdin.close()
    assert decisions == ["new", "repeat"]


def test_explain_duplicates() -> None:
    """Each JSON line gives one line with the decision; `of` names an earlier line."""
    first = {"id": "1", "channel": "sms", "sender": "a", "text": "Jembatan Kali Wungu retak, bahaya bagi truk"}
    repeat = {**first, "id": "2", "text": "LAPOR jembatan kali wungu retak, bahaya bagi truk!!"}
    new_decision, repeat_decision = explained(first, repeat)
    assert (new_decision["decision"], new_decision["of"]) == ("new", None)
    assert (repeat_decision["decision"], repeat_decision["of"]) == ("repeat", "1")
    assert repeat_decision["score"] > 0.5
    assert repeat_decision["evidence"]


def test_explain_suggests_what_is_likely() -> None:
    """One street and one trouble is `likely`: `of` names the earlier line, and nothing joins it."""
    first = {"id": "1", "text": "Pohon besar di Jl. Manggis Raya sudah miring ke jalan, mohon dipangkas"}
    second = {
        "id": "2",
        "text": "Di Jalan Manggis Raya ada pohon rimbun hampir tumbang dekat rumah saya, tolong segera dipangkas",
    }
    _, suggested = explained(first, second)
    assert (suggested["decision"], suggested["of"]) == ("likely", "1")
    assert "same-names" in suggested["evidence"]


def test_invalid_line_is_named() -> None:
    """The error names the line and the field, and not the value."""
    with pytest.raises(ValueError, match=r"^line 1: channel") as fault:
        list(read_batches(BytesIO(b'{"id": "1", "channel": "merpati"}\n')))
    assert "merpati" not in str(fault.value)
