"""The check of an agency's answer: who may have made it, and which fields are protected."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from messages import ids
from messages.answer_check import AnswerCheck, AnswerKeys, canonical_form, content_id
from messages.shapes import AgencyAnswer, AnswerContent
from tests.conftest import NOW

SEMARANG, CENTRAL = "kota-3374", "provinsi-33"
INSTITUTIONS = {SEMARANG, CENTRAL}
KEYS = AnswerKeys(b"root", {})
CHECK = AnswerCheck(KEYS)
DISPATCH = UUID(int=3)
CHANGES: dict[str, Any] = {
    "id": UUID(int=9),
    "message_id": UUID(int=9),
    "at": NOW + timedelta(days=1),
    "complaint_id": UUID(int=9),
    "dispatch_id": UUID(int=9),
    "agency": CENTRAL,
    "verdict": "accepted",
    "text": "lain",
    "suggested_agency": CENTRAL,
    "pictures": (UUID(int=9),),
    "pictures_public": True,
    "document": UUID(int=9),
    "actor": "orang lain",
    "readers": "all-senders",
    "extension_days": 7,
    "key_generation": 2,
}


def answer(**changed: Any) -> AgencyAnswer:
    """Return an answer of Semarang without an authenticator."""
    fields = {
        "id": ids.answer_id(DISPATCH, "closed", "Lampu sudah diganti: 2 buah ✓."),
        "message_id": UUID(int=1),
        "at": NOW,
        "complaint_id": UUID(int=2),
        "dispatch_id": DISPATCH,
        "agency": SEMARANG,
        "verdict": "closed",
        "text": "Lampu sudah diganti: 2 buah ✓.",
        "actor": "petugas-1",
    }
    return AgencyAnswer.model_validate(fields | changed)


def test_a_signed_answer_passes() -> None:
    """It passes as the bus returns it, with the time in milliseconds."""
    signed = KEYS.sign(answer())
    assert CHECK.fault(AgencyAnswer.model_validate_json(signed.model_dump_json()), INSTITUTIONS) is None


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_is_protected(field: str) -> None:
    """A change of any field makes the authenticator wrong."""
    signed = KEYS.sign(answer())
    assert CHECK.fault(signed.model_copy(update={field: CHANGES[field]}), INSTITUTIONS) == "wrong_authenticator"


@pytest.mark.parametrize("field", ["pictures", "pictures_public", "document"])
def test_files_are_protected_where_there_are_some(field: str) -> None:
    """Nobody adds a file to a signed answer, and nobody shows one to everybody."""
    shown = answer(pictures=(UUID(int=5),))
    signed = KEYS.sign(shown.model_copy(update={"id": content_id(DISPATCH, shown)}))
    assert CHECK.fault(AgencyAnswer.model_validate_json(signed.model_dump_json()), INSTITUTIONS) is None
    assert CHECK.fault(signed.model_copy(update={field: CHANGES[field]}), INSTITUTIONS) == "wrong_authenticator"


def test_the_id_follows_from_the_whole_content() -> None:
    """Each field that is not empty makes another answer. With the first three alone, the id is made of plain text."""
    contents = [AnswerContent(verdict="closed", text="Selesai.")]
    contents += [
        contents[0].model_copy(update={name: CHANGES[name]}) for name in AnswerContent.model_fields if name != "verdict"
    ]
    made = {content_id(DISPATCH, content) for content in contents}
    assert len(made) == len(AnswerContent.model_fields)
    assert ids.answer_id(DISPATCH, "closed", "Selesai.") in made
    two_pictures = contents[0].model_copy(update={"pictures": (UUID(int=9), UUID(int=8))})
    assert content_id(DISPATCH, two_pictures) not in made


def test_the_changes_above_are_all_fields() -> None:
    """A new field of the shape must be protected too."""
    assert CHANGES.keys() | {"authenticator"} == AgencyAnswer.model_fields.keys()


def test_an_agency_cannot_answer_as_another_one() -> None:
    """An agency that refused knows the next dispatch's id. Its key is of no use there."""
    forged = KEYS.sign(answer()).model_copy(update={"agency": CENTRAL})
    assert CHECK.fault(forged, INSTITUTIONS) == "wrong_authenticator"


def test_a_code_outside_the_registry_is_refused() -> None:
    """Even with a key that fits."""
    assert CHECK.fault(KEYS.sign(answer(agency="kota-0000")), INSTITUTIONS) == "unknown_agency"


def test_an_agency_cannot_take_the_id_of_another_answer() -> None:
    """An answer with the id that the next agency's answer will have would keep that one out of the ledger."""
    taken_id = ids.answer_id(UUID(int=4), "closed", "")
    assert CHECK.fault(KEYS.sign(answer(id=taken_id)), INSTITUTIONS) == "wrong_answer_id"


@pytest.mark.parametrize(
    ("authenticator", "reason"),
    [("", "no_authenticator"), ("0" * 64, "wrong_authenticator"), ("é", "wrong_authenticator")],
)
def test_a_missing_or_invented_authenticator(authenticator: str, reason: str) -> None:
    """Neither passes, whatever characters it has."""
    assert CHECK.fault(answer(authenticator=authenticator, key_generation=1), INSTITUTIONS) == reason


def test_a_key_can_be_withdrawn() -> None:
    """The setting names the lowest accepted generation. The keys of others stay."""
    rotated = AnswerKeys(b"root", {SEMARANG: 2})
    check = AnswerCheck(rotated)
    assert check.fault(KEYS.sign(answer()), INSTITUTIONS) == "withdrawn_key"
    assert check.fault(rotated.sign(answer()), INSTITUTIONS) is None
    assert check.fault(KEYS.sign(answer(agency=CENTRAL)), INSTITUTIONS) is None
    # The next key may be in use before the earlier one is withdrawn.
    assert CHECK.fault(rotated.sign(answer()), INSTITUTIONS) is None


def test_keys_differ() -> None:
    """By agency and by generation: no two pairs have one key."""
    pairs = [("kota-3374", 1), ("kota-3374", 2), ("provinsi-33", 1), ("1:kota-3374", 1), ("kota-3374", 11)]
    assert len({KEYS.key(agency, generation) for agency, generation in pairs}) == len(pairs)


def test_the_canonical_form_is_as_documented() -> None:
    """An agency's program in any language makes the same bytes. docs/answers.md shows this example."""
    fields = {
        "actor": "petugas-1",
        "agency": "kota-3374",
        "at": "2026-11-24T08:04:05.678Z",
        "complaint_id": "00000000-0000-0000-0000-000000000002",
        "dispatch_id": "00000000-0000-0000-0000-000000000003",
        "id": str(answer().id),
        "key_generation": 1,
        "message_id": "00000000-0000-0000-0000-000000000001",
        "suggested_agency": None,
        "text": "Lampu sudah diganti: 2 buah ✓.",
        "verdict": "closed",
    }
    form = b"satu-pintu agency-answer 1\n" + json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical_form(answer(key_generation=1)) == form
    assert KEYS.sign(answer()).authenticator == hmac.new(KEYS.key(SEMARANG, 1), form, hashlib.sha256).hexdigest()


def test_the_readers_are_signed_only_where_they_are_named() -> None:
    """An answer of a program that does not know them has the authenticator that it had, and nobody can add them."""
    assert b"readers" not in canonical_form(answer(key_generation=1))
    shared = answer(key_generation=1, readers="all-senders")
    assert b'"readers":"all-senders"' in canonical_form(shared)
    shared = shared.model_copy(update={"id": content_id(DISPATCH, shared)})
    assert CHECK.fault(KEYS.sign(shared), INSTITUTIONS) is None
    forged = KEYS.sign(answer()).model_copy(update={"readers": "all-senders"})
    assert CHECK.fault(forged, INSTITUTIONS) == "wrong_authenticator"
