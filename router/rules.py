"""The rules of routing: the content of all tables that an operator edits, in one version. Every dispatch names it."""

from collections.abc import Callable
from dataclasses import dataclass

from language.model import LanguageModel
from messages.shapes import Report
from router.evidence.competence import CompetenceTable
from router.evidence.evidence import CollectedEvidence
from router.evidence.topics import Topics
from router.programme_words import ProgrammeWords
from router.registry.jurisdiction import Jurisdiction
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry
from router.scoring import Weights


@dataclass(frozen=True, slots=True)
class Rules:
    """The tables in the form in which reports are decided. `version` changes with the content of the tables."""

    version: str
    language: LanguageModel
    registry: Registry
    name_resolver: NameResolver
    topics: Topics
    competence: CompetenceTable
    weights: Weights
    collect_evidence: Callable[[Report], CollectedEvidence]
    jurisdiction: Jurisdiction
    programme_words: ProgrammeWords
