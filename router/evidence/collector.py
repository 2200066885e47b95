"""Collects all evidence for institutions in a report. Pure; the evidence is weighed in `router.scoring`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from messages.shapes import Report
from messages.topics import TRIAGE
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.evidence import CollectedEvidence, Evidence
from router.evidence.place_evidence import addressed_units
from router.location.place_evidence import ReportLocation

_NO_EVIDENCE = Evidence(TRIAGE, "nobody", 1.0, "no-evidence", "Tidak cukup petunjuk tentang instansi yang berwenang.")
# A sender who picks an agency and writes nothing that contradicts it mostly means it.
_SOLE_ADDRESSEE_STRENGTH = 2.0
# Of a local matter without a place so much is left if a national institution is named as well.
_UNPLACED_BESIDE_NAME = 0.5
# A topic of the government of a known place with this strength is the matter: of a national institution that is only
# named beside it (an employer, a landlord, the author of a rule) the first name counts, and so much of it.
_CLEAR_LOCAL_MATTER, _NAME_BESIDE_LOCAL_MATTER = 2.5, 0.5
# Kinds of evidence from a topic of a national institution.
_TOPIC_KINDS = frozenset(("matter",))


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
        pieces = _with_local_matter(pieces)
        evidence = (_NO_EVIDENCE, *_with_named_institution(_with_sole_addressee(pieces, analyzed.location)))
        return CollectedEvidence(evidence, analyzed.topics, analyzed.location, addressed_units(analyzed), analyzed.text)


def _with_named_institution(pieces: Sequence[Evidence]) -> Sequence[Evidence]:
    """Return the evidence; the missing place counts less if the sender names an institution that needs none."""
    if not any(piece.kind == "named" for piece in pieces):
        return pieces
    return [
        piece._replace(strength=piece.strength * _UNPLACED_BESIDE_NAME) if piece.kind == "unplaced" else piece
        for piece in pieces
    ]


def _with_local_matter(pieces: list[Evidence]) -> list[Evidence]:
    """Return the evidence; names of institutions without a topic of their own count less beside a clear local matter.

    “Saya karyawan Bank BRI, jalan ke kantor rusak”: the more often the bank is named, the less it says.
    """
    if not any(piece.kind == "local-matter" and piece.strength >= _CLEAR_LOCAL_MATTER for piece in pieces):
        return pieces
    with_topic = {piece.institution for piece in pieces if piece.kind in _TOPIC_KINDS}
    counted: list[Evidence] = []
    for piece in pieces:
        if piece.kind != "named" or piece.institution in with_topic:
            counted.append(piece)
        elif not any(earlier.kind == "named" and earlier.institution == piece.institution for earlier in counted):
            counted.append(piece._replace(strength=piece.strength * _NAME_BESIDE_LOCAL_MATTER))
    return counted


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
