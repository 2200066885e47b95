"""Answers the desk's questions about institutions from the router's registry and rules."""

from collections.abc import Callable, Iterator, Sequence

from desk.institutions import Institution
from language.phrase_index import normalize_phrase
from messages.shapes import Dispatch
from messages.topics import TRIAGE
from router.lifecycle.refusal import next_agency, refusing_agencies
from router.registry.agencies import Agency
from router.registry.registry import Registry

_MAX_FINDINGS = 20


class RegistryInstitutions:
    """See `desk.institutions.Institutions`. `registry` returns the registry in force."""

    def __init__(self, registry: Callable[[], Registry]) -> None:
        self._registry = registry

    def name(self, code: str) -> str:
        """See the protocol."""
        return self._registry().name_of(code)

    def receives_cases(self, code: str) -> bool:
        """See the protocol."""
        registry = self._registry()
        return code in registry.institutions and registry.find_receiving_agency(code) is not None

    def region(self, code: str) -> str:
        """See the protocol."""
        institution = self._registry().institutions.get(code)
        return institution.region if institution else ""

    def search(self, text: str) -> Sequence[Institution]:
        """See the protocol. A former institution leads to the one that receives its complaints."""
        words = normalize_phrase(text).split()
        if not words:
            return ()
        registry = self._registry()
        ranked = sorted(
            (rank, institution.name, institution.code)
            for institution in registry.institutions.values()
            if (rank := _rank(institution, words)) is not None
        )
        receiving = (registry.find_receiving_agency(code) for _, _, code in ranked)
        codes = dict.fromkeys(code for code in receiving if code and code != TRIAGE)
        return [Institution(code, registry.name_of(code)) for code in list(codes)[:_MAX_FINDINGS]]

    def after_refusal(self, history: Sequence[Dispatch], suggested_agency: str | None) -> str:
        """See the protocol. The router decides in the same way when the refusal arrives."""
        registry, refused = self._registry(), history[-1]
        suggestion = registry.find_receiving_agency(suggested_agency) if suggested_agency else None
        alternatives = [code for code in map(registry.find_receiving_agency, refused.alternatives) if code]
        refused_by = refusing_agencies(history, refused)
        return next_agency(
            refused_by, alternatives, suggestion, registry.agencies, by_person=bool(refused.actor)
        ).agency


def _rank(institution: Agency, words: Sequence[str]) -> tuple[int, int] | None:
    """Return the rank of an institution for the typed words, the best is lowest; `None` if a word is missing.

    Each word is the beginning of a word of one of its names. A name of exactly these words comes first, then shorter
    names.
    """
    ranks = [
        (int(name_words != list(words)), len(name_words))
        for name_words in _names(institution)
        if all(any(name_word.startswith(word) for name_word in name_words) for word in words)
    ]
    return min(ranks, default=None)


def _names(institution: Agency) -> Iterator[list[str]]:
    yield [*normalize_phrase(institution.code).split()]
    for name in institution.all_names():
        yield name.split()
