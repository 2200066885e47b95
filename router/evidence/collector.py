"""Collects all evidence for institutions in a report. Pure; the evidence is weighed in `router.scoring`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from messages.shapes import Report
from messages.topics import TRIAGE
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.evidence import CollectedEvidence, Evidence
from router.location.place_evidence import ReportLocation

_NO_EVIDENCE = Evidence(TRIAGE, "nobody", 1.0, "no-evidence", "Tidak cukup petunjuk tentang instansi yang berwenang.")
# A sender who picks an agency and writes nothing that contradicts it mostly means it.
_SOLE_ADDRESSEE_STRENGTH = 2.0
# Of a local matter without a place so much is left if a national institution is named as well.
_UNPLACED_BESIDE_NAME = 0.5


class EvidenceSource(Protocol):
    """One kind of evidence, for example the topics."""

    def collect(self, report: AnalyzedReport) -> Iterable[Evidence]:
        """Return the evidence of this kind in a report."""
        ...


class EvidenceCollector:
    """Collects the evidence of several sources with one version of the tables."""

    def __init__(self, analyze: Callable[[Report], AnalyzedReport], sources: Sequence[EvidenceSource]) -> None:
        self._analyze = analyze
        self._sources = sources

    def collect(self, report: Report) -> CollectedEvidence:
        """Return all evidence in a report; one piece always speaks for triage."""
        analyzed = self._analyze(report)
        pieces = [piece for source in self._sources for piece in source.collect(analyzed)]
        evidence = (_NO_EVIDENCE, *_with_named_institution(_with_sole_addressee(pieces, analyzed.location)))
        return CollectedEvidence(evidence, analyzed.topics, analyzed.location, analyzed.text)


def _with_named_institution(pieces: Sequence[Evidence]) -> Sequence[Evidence]:
    """Return the evidence; the missing place counts less if the sender names an institution that needs none."""
    if not any(piece.kind == "named" for piece in pieces):
        return pieces
    return [
        piece._replace(strength=piece.strength * _UNPLACED_BESIDE_NAME) if piece.kind == "unplaced" else piece
        for piece in pieces
    ]


def _with_sole_addressee(pieces: Sequence[Evidence], location: ReportLocation) -> Sequence[Evidence]:
    """Return the evidence; an addressee from the form counts more if there is no other evidence at all.

    A place that only the form names says where the sender is, and nothing about the matter.
    """
    addressees = {piece.institution for piece in pieces if piece.kind == "addressed"}
    further_pieces = [piece for piece in pieces if piece.kind != "addressed"]
    if not addressees or any(piece.institution in addressees for piece in further_pieces):
        return pieces
    if all(piece.kind == "place" for piece in further_pieces) and (not further_pieces or _is_only_in_form(location)):
        return [piece._replace(strength=_SOLE_ADDRESSEE_STRENGTH) for piece in pieces if piece.kind == "addressed"]
    return pieces


def _is_only_in_form(location: ReportLocation) -> bool:
    return all(evidence.start < 0 for candidate in location.candidates for evidence in candidate.evidence)
