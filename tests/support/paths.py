"""Folders that tests read from."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
JOURNEYS = ROOT / "tests" / "journeys"
# A small set of reference tables, written for tests.
SMALL_TABLES = DATA / "registry"
SHIPPED_TABLES = ROOT / "config" / "data"
# Real data beside the project; tests that need it skip where it is missing.
SHARED = ROOT.parent / "shared" / "data"
