"""Fills a new installation with the complaints of earlier months, as many as a country has.

Invented rows are written into the tables that grow with the number of complaints: those of the duplicate search, the
ledger, the desk and oversight. Each table has rows of its own: no complaint is in all of them, and the topics are
empty. So an audit of such an installation reports differences.
"""

import random
from datetime import timedelta

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from bench import normalize, oversight, queue_counts
from tests.support.generated_cases import generate_cases

_AGENCIES = ("kota-3374", "bumn-pln", "provinsi-33", "kementerian-kemenkes", "kabupaten-3404", "kabupaten-3322")
# Within the period in which complaints are compared.
_AGE_OF_STORED_COMPLAINTS = timedelta(days=90)


def store_history(parts: Parts, complaints: int) -> None:
    """Make the tables, and write about so many complaints into each kind of them."""
    migrate(parts.engine)
    engine, now = parts.engine, parts.now()
    matcher = parts.reading.matchers.current()
    start = now - _AGE_OF_STORED_COMPLAINTS
    normalize.Bench(engine, matcher, sealer=parts.sealer, start=start).grow(complaints)
    queue_counts.fill(engine, complaints, now, random.Random(1))  # noqa: S311 - invented rows
    generate_cases(engine, _AGENCIES, complaints, now)
    oversight.fill(engine, complaints)
