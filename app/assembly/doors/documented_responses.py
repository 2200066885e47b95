"""Shows in the OpenAPI document a refusal for which a door has no own description: as a problem, and as a page."""

from collections.abc import Mapping
from typing import Any

from pages.problems import documented_refusals

PROBLEM_RESPONSES: Mapping[int | str, dict[str, Any]] = documented_refusals("default")
PAGE_RESPONSES: Mapping[int | str, dict[str, Any]] = documented_refusals("default", page=True)
