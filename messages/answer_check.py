"""Authenticates the answers of agencies: a key for each agency, and the one check of an answer. Pure.

Every agency writes to one topic, and an answer names its agency itself. So each answer has an authenticator:
HMAC-SHA-256 with the agency's key over `canonical_form`.
"""

import hashlib
import hmac
import json
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias
from uuid import UUID

from messages import ids
from messages.shapes import AgencyAnswer, AnswerContent

# Reasons to reject an answer.
AnswerFault: TypeAlias = Literal[
    "unknown_agency", "no_authenticator", "withdrawn_key", "wrong_authenticator", "wrong_answer_id"
]

FIRST_GENERATION = 1
# Generation of an answer that the service has authenticated after the removal of its text.
_NO_GENERATION = 0
# What is removed of an answer to a forgotten person.
_NO_WORDS: Mapping[str, object] = MappingProxyType(
    {"text": "", "pictures": (), "pictures_public": False, "document": None}
)
# Begins every canonical form. A later version of the form has another one.
_FORM_VERSION = "satu-pintu agency-answer 1\n"


class AnswerKeys:
    """Keys of the agencies, derived from `root_key`, an agency's code and a generation.

    `lowest_generations` has the lowest accepted generation of each agency whose earlier keys were withdrawn.
    """

    def __init__(self, root_key: bytes, lowest_generations: Mapping[str, int]) -> None:
        self._root_key = root_key
        self._lowest_generations = lowest_generations

    def lowest_generation(self, agency: str) -> int:
        """Return the lowest generation whose key is accepted."""
        return self._lowest_generations.get(agency, FIRST_GENERATION)

    def key(self, agency: str, generation: int) -> bytes:
        """Return the key of an agency's generation: 32 bytes."""
        return hmac.digest(self._root_key, f"{generation}:{agency}".encode(), hashlib.sha256)

    def sign(self, answer: AgencyAnswer) -> AgencyAnswer:
        """Return the answer with the authenticator of its agency."""
        generation = self.lowest_generation(answer.agency)
        unsigned = answer.model_copy(update={"key_generation": generation})
        return unsigned.model_copy(
            update={"authenticator": authenticator(unsigned, self.key(answer.agency, generation))}
        )

    def sign_without_text(self, answer: AgencyAnswer) -> AgencyAnswer:
        """Return the answer without its text and files, authenticated by the service: no agency has this key."""
        unsigned = answer.model_copy(update={**_NO_WORDS, "key_generation": _NO_GENERATION})
        return unsigned.model_copy(update={"authenticator": authenticator(unsigned, self._redraw_key(answer.agency))})

    def is_signed_without_text(self, answer: AgencyAnswer) -> bool:
        """Return True if `sign_without_text` made this answer."""
        if _has_words(answer) or answer.key_generation != _NO_GENERATION:
            return False
        return _is_authentic(answer, self._redraw_key(answer.agency))

    def _redraw_key(self, agency: str) -> bytes:
        return hmac.digest(self._root_key, f"redrawn:{agency}".encode(), hashlib.sha256)


def canonical_form(answer: AgencyAnswer) -> bytes:
    """Return the bytes that the authenticator is made of: every field except `authenticator`, as on the wire.

    Fields of the content beyond the first three are left out where they are empty: a program need not know them.
    They are the version line and JSON in UTF-8 with sorted keys and without spaces (RFC 8785).
    """
    fields = answer.model_dump(mode="json", exclude={"authenticator", *answer.empty_fields()})
    return (_FORM_VERSION + _canonical_json(fields)).encode()


def authenticator(answer: AgencyAnswer, key: bytes) -> str:
    """Return the authenticator of an answer: 64 hexadecimal digits."""
    return hmac.new(key, canonical_form(answer), hashlib.sha256).hexdigest()


def content_id(dispatch_id: UUID, content: AnswerContent) -> UUID:
    """Return the id of an answer to a dispatch, which follows from all of its content."""
    later_fields = content.model_dump(
        mode="json", include=AnswerContent.model_fields.keys() - content.FIRST_FIELDS - content.empty_fields()
    )
    further = _canonical_json(later_fields) if later_fields else ""
    return ids.answer_id(dispatch_id, content.verdict, content.text, content.suggested_agency, further)


class AnswerCheck:
    """The check of an answer before any stage uses it.

    The id of an answer to a forgotten person is not compared with the text, which was removed: the service has
    authenticated what remains.
    """

    def __init__(self, keys: AnswerKeys) -> None:
        self._keys = keys

    def fault(self, answer: AgencyAnswer, institutions: Container[str]) -> AnswerFault | None:
        """Return the reason to reject an answer, or `None`. `institutions` are the codes of the registry."""
        if answer.agency not in institutions:
            return "unknown_agency"
        if not answer.authenticator:
            return "no_authenticator"
        if self._keys.is_signed_without_text(answer):
            return None
        if fault := self._authenticator_fault(answer):
            return fault
        # Answers are told apart by their ids. With an id of its own choice, an agency could take the id that another
        # agency's answer will have.
        return None if answer.id == content_id(answer.dispatch_id, answer) else "wrong_answer_id"

    def _authenticator_fault(self, answer: AgencyAnswer) -> AnswerFault | None:
        if answer.key_generation < self._keys.lowest_generation(answer.agency):
            return "withdrawn_key"
        is_authentic = _is_authentic(answer, self._keys.key(answer.agency, answer.key_generation))
        return None if is_authentic else "wrong_authenticator"

    def without_text(self, answer: AgencyAnswer) -> AgencyAnswer:
        """Return what remains of an answer to a forgotten person. It passes the check if the answer does."""
        if not _has_words(answer):
            return answer
        if self.fault(answer, {answer.agency}) is None:
            return self._keys.sign_without_text(answer)
        return answer.model_copy(update=_NO_WORDS)


def _has_words(answer: AgencyAnswer) -> bool:
    return bool(answer.text or answer.pictures or answer.document)


def _is_authentic(answer: AgencyAnswer, key: bytes) -> bool:
    try:
        expected = authenticator(answer, key)
    except ValueError:
        # A time outside the calendar has no canonical form: nobody can have signed it.
        return False
    return hmac.compare_digest(expected.encode(), answer.authenticator.encode())


def _canonical_json(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
