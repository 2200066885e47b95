"""The languages of the pages, and the language of the current request or task."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

# Languages by their code (BCP 47), each with its own name for itself. The first one is the language of the msgids.
LANGUAGES: Mapping[str, str] = {"id": "Bahasa Indonesia", "en": "English"}
DEFAULT_LANGUAGE = "id"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def current_language() -> str:
    """Return the code of the language of the current request; Indonesian outside of requests."""
    return _language.get()


def set_language(language: str) -> None:
    """Set the language of the current request. An unknown language becomes Indonesian."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Set the language for the body of the `with` statement, as for an e-mail to one person."""
    token = _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    try:
        yield
    finally:
        _language.reset(token)
