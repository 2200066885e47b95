"""Loads the language tables and rules before processes are forked, and lets each process use them.

A process whose tables are equal to these starts without loading them. One with other tables loads its own.
"""

import gc

import pytest

from tests.support.rules import SHIPPED, SMALL, cached_rules, share_tables

for folder in (SMALL, SHIPPED):
    cached_rules(folder)
share_tables(pytest.MonkeyPatch())
# Later garbage collections leave these objects out, so that the processes share their memory.
gc.freeze()
