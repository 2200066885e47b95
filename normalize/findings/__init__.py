"""What is in a report: places, times, amounts, persons, identifiers, each with a canonical value and where it stands.

`find` reads, `compare` says in what two reports differ. Nothing here decides what follows from it.
"""

from normalize.findings.alike import Verdict
from normalize.findings.compare import REGION, compare
from normalize.findings.finding import PERSONAL, Finding, Kind
from normalize.findings.reading import find

__all__ = ["PERSONAL", "REGION", "Finding", "Kind", "Verdict", "compare", "find"]
