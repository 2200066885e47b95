"""The rules of a folder, read once for all tests that need them."""

from functools import lru_cache
from pathlib import Path

from router.rules import Rules, load_rules
from tests.support.paths import SHIPPED_TABLES, SMALL_TABLES

SMALL = SMALL_TABLES
SHIPPED = SHIPPED_TABLES


class FixedRulesSource:
    """See `router.rules.RulesSource`: rules that nobody edits meanwhile."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def current(self) -> Rules:
        """Always the same."""
        return self._rules


@lru_cache
def cached_rules(folder: Path) -> Rules:
    """The rules of a folder that does not change."""
    return load_rules(folder)


@lru_cache
def fixed_rules_source(folder: Path = SMALL) -> FixedRulesSource:
    """The same, for a router."""
    return FixedRulesSource(cached_rules(folder))
