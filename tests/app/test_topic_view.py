"""What is shown of records to staff: nothing in it by which a person could be found, and what is ours is whole."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.operations.masking import json_line, mask_record, mask_text, outline_record
from bus.port import Record

COMPLAINT = "3f2a1234-1234-5678-9abc-123456789012"


def shown(value: Any) -> Any:
    """What is shown of a record's value."""
    return mask_record(Record("agency-answers", 0, 0, 0, b"", json.dumps(value).encode()))["value"]


@pytest.mark.parametrize("between", [*" .-/_,:\u2013•()\t\n\u00a0\u200b", "", " - ", "..", ") "])
def test_a_number_is_hidden_however_it_is_parted(between: str) -> None:
    """By signs, lines, and what nobody sees; its digits of any script."""
    for groups in (("0812", "3456", "7890"), ("33", "74", "01", "120190", "0001"), ("٠٨١٢", "٣٤٥٦", "٧٨٩٠")):
        assert mask_text(f"hubungi {between.join(groups)} ya") == "hubungi ••• ya"


@pytest.mark.parametrize(
    "telling",
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
def test_an_address_or_a_handle_is_hidden(telling: str) -> None:
    """To its end."""
    assert mask_text(f"dari {telling} tadi") == "dari ••• tadi"


def test_what_is_ours_stays_whole() -> None:
    """An id that leads on to another complaint, and small counts."""
    says = f"joins of {COMPLAINT} (hop 0, 93% sure)"
    assert mask_text(says) == says


def test_a_long_text_takes_no_time() -> None:
    """Whatever an agency's program writes."""
    began = time.perf_counter()
    for part in ("a", "(", "a(at", "1    ", "a@", "1,"):
        mask_text(part * 20_000)
    assert time.perf_counter() - began < 5


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
def test_a_number_is_hidden_wherever_it_stands(value: Any) -> None:
    """In any field, in one that is none of ours, and where nothing but it stands."""
    assert "234567890" not in json.dumps(shown(value))


def test_what_no_field_of_ours_holds_is_hidden() -> None:
    """Whoever else writes to a topic could put a citizen's name there; what staff look for is shown."""
    said = {
        "id": COMPLAINT,
        "at": "2026-11-24T08:04:05.678Z",
        "tracking": "2VA8-SD70-3330",
        "verdict": "refused",
        "text": "bukan kami",
        "hop": 12,
        "report": {"attachments": [{"sha256": "12345678" * 8, "size": 123456}]},
    }
    assert shown({**said, "name": "Budi Contohnya", "Pelapor": {"nama": "Budi"}}) == {
        **said,
        "name": "•••",
        "Pelapor": "•••",
    }


@pytest.mark.parametrize("show", [mask_record, outline_record])
def test_of_the_headers_ours_are_shown(show: Callable[[Record], dict[str, Any]]) -> None:
    """An agency's program may have put anything into the others."""
    headers = (("ce_type", b"id.lapor.agency-answer.v1"), ("redriven", COMPLAINT.encode()), ("pelapor", b"Budi"))
    assert show(Record("agency-answers", 0, 0, 0, b"", b"{}", headers))["headers"] == {
        "ce_type": "id.lapor.agency-answer.v1",
        "redriven": COMPLAINT,
        "pelapor": "•••",
    }


def test_a_line_orders_a_terminal_nothing() -> None:
    """What it would obey stands escaped, and what no terminal can print; the JSON says the same."""
    said = {"text": "jalan \u00e9 \x1b[31m \x9b31m \u202e \ud800 \U000e0041 baik \N{PENSIVE FACE}"}
    line = json_line(said)
    assert line.isprintable()
    assert json.loads(line) == said
    assert "\N{PENSIVE FACE}" in line
