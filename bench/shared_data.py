"""The folder of real texts. It is not part of the project: beside it, or where `BENCH_SHARED_DATA` says."""

import os
from pathlib import Path

SHARED_DATA = Path(
    os.environ.get("BENCH_SHARED_DATA") or Path(__file__).resolve().parent.parent.parent / "shared" / "data"
)
NATIONAL_REPORTS = SHARED_DATA / "complaints" / "national_2017_dev.csv"
