"""The invented reports of a training room."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_CASES = Path(__file__).parent / "cases.json"


@cache
def invented_reports() -> Sequence[Mapping[str, Any]]:
    """Return the reports: title, text, channel, mode, and the lesson for the officer."""
    reports: Sequence[Mapping[str, Any]] = json.loads(_CASES.read_text(encoding="utf-8"))
    return reports
