"""Masking of records for staff: nothing identifies a person, and our own fields are complete."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.operations.masking import json_line, mask_record, mask_text, outline_record
from bus.port import Record

COMPLAINT = "3f2a1234-1234-5678-9abc-123456789012"


def shown(value: Any) -> Any:
    """Return the masked value of a record."""
    return mask_record(Record("agency-answers", 0, 0, 0, b"", json.dumps(value).encode()))["value"]


@pytest.mark.parametrize("between", [*" .-/_,:\u2013•()\t\n\u00a0\u200b", "", " - ", "..", ") "])
def test_a_number_is_masked_with_any_separators(between: str) -> None:
    """A number is masked with any separators, line breaks, invisible characters and digits of any script."""
    for groups in (("0812", "3456", "7890"), ("33", "74", "01", "120190", "0001"), ("٠٨١٢", "٣٤٥٦", "٧٨٩٠")):
        assert mask_text(f"hubungi {between.join(groups)} ya") == "hubungi ••• ya"


@pytest.mark.parametrize(
    "identity",
    [
        "budi@contoh.id",
        "budi\uff20contoh.id",
        "budi(at)contoh.id",
        "budi [at] contoh.id",
        "@budi",
        "@budi.contohnya",
        "@budi-contohnya_7",
        "\uff20budi",
        "facebook.com/budi.contohnya",
        "t.me/budicontohnya",
    ],
)
def test_an_address_or_a_handle_is_masked(identity: str) -> None:
    """An address or a handle is masked to its end."""
    assert mask_text(f"dari {identity} tadi") == "dari ••• tadi"


def test_our_ids_are_shown() -> None:
    """Our ids and small counts are shown."""
    text_ = f"joins of {COMPLAINT} (hop 0, 93% sure)"
    assert mask_text(text_) == text_


# Patience. A pattern that backtracks over the whole text would take hours.
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("part", ["a", "(", "a(at", "1    ", "a@", "1,"])
def test_masking_a_long_text_ends(part: str) -> None:
    """The time to mask a text grows with its length, not with the square of it."""
    mask_text(part * 60_000)


@pytest.mark.parametrize(
    "value",
    [
        "Budi, 081234567890",
        6281234567890,
        ["081234567890"],
        {"happened": "telepon 081234567890"},
        {"place": {"district": "081234567890"}},
        {"theirs": "081234567890"},
        {"nomor": 6281234567890},
        {"pelapor": "081234567890"},
        {"081234567890": True},
        {"phone": "1234567890", "email": "1234567890"},
        {"alternatives": ["081234567890"]},
    ],
)
def test_a_number_is_masked_in_any_field(value: Any) -> None:
    """A number is masked in any field, also in unknown ones."""
    assert "234567890" not in json.dumps(shown(value))


def test_unknown_fields_are_masked() -> None:
    """Unknown fields are masked, because another program may write a name there; our fields are shown."""
    fields = {
        "id": COMPLAINT,
        "at": "2026-11-24T08:04:05.678Z",
        "tracking": "2VA8-SD70-3330",
        "verdict": "refused",
        "text": "bukan kami",
        "hop": 12,
        "report": {"attachments": [{"sha256": "12345678" * 8, "size": 123456}]},
    }
    assert shown({**fields, "name": "Budi Contohnya", "Pelapor": {"nama": "Budi"}}) == {
        **fields,
        "name": "•••",
        "Pelapor": "•••",
    }


@pytest.mark.parametrize("show", [mask_record, outline_record])
def test_only_our_headers_are_shown(show: Callable[[Record], dict[str, Any]]) -> None:
    """Only our own headers are shown."""
    headers = (("ce_type", b"id.lapor.agency-answer.v1"), ("redriven", COMPLAINT.encode()), ("pelapor", b"Budi"))
    assert show(Record("agency-answers", 0, 0, 0, b"", b"{}", headers))["headers"] == {
        "ce_type": "id.lapor.agency-answer.v1",
        "redriven": COMPLAINT,
        "pelapor": "•••",
    }


def test_a_line_has_no_control_characters() -> None:
    """Control characters are escaped, and the JSON has the same content."""
    content = {"text": "jalan \u00e9 \x1b[31m \x9b31m \u202e \ud800 \U000e0041 baik \N{PENSIVE FACE}"}
    line = json_line(content)
    assert line.isprintable()
    assert json.loads(line) == content
    assert "\N{PENSIVE FACE}" in line
