"""Masking of records for staff: nothing identifies a person, and our own fields are complete."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.assembly.parts import Parts
from app.commands.common.terminal import json_line
from app.operations.masking import mask_fields, mask_reason, mask_record, outline_record
from bus.port import Record
from language.masking import MASK, mask_text
from messages import codec
from messages.shapes import (
    PERSON_RULES,
    AgencyAnswer,
    Dispatch,
    OversightEvent,
    Place,
    RawMessage,
    Reason,
    Report,
    WireModel,
)
from messages.topics import all_topics
from router.evidence.competence import load_competence
from router.rules_loading import COMPETENCE
from tests.conftest import NOW

COMPLAINT = "3f2a1234-1234-5678-9abc-123456789012"


def shown(value: Any) -> Any:
    """Return the masked value of an agency's answer."""
    headers = (("ce_type", codec.event_type(AgencyAnswer).encode()),)
    return mask_record(Record("agency-answers", 0, 0, 0, b"", json.dumps(value).encode(), headers))["value"]


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


@pytest.mark.parametrize(
    ("text_", "masked"),
    [
        *(
            (law, law)
            for law in ("sesuai UU No. 23/2014", "Permensos Nomor 1 Tahun 2018", "Peraturan Menteri No. 1/2018")
        ),
        ("UU 081/2014 5678 9012", f"UU {MASK}"),
        ("nomor 23/2014", MASK),
    ],
)
def test_the_number_of_a_law_is_shown(text_: str, masked: str) -> None:
    """A law is named by its number. A longer number, or one without a law, may be a person's."""
    assert mask_text(text_) == masked


@pytest.mark.parametrize("rule", sorted(PERSON_RULES))
def test_only_our_own_introduction_is_shown(rule: str) -> None:
    """Of a reason with a person's words, what the router wrote before them is shown, and only that."""
    words = "kata Budi, Kota Semarang menyatakan bukan kewenangannya: Budi"
    introductions = (
        "PT Perusahaan Listrik Negara (Persero) menyatakan bukan kewenangannya: ",
        "Diputuskan oleh petugas: ",
        "Disatukan dengan laporan 2VA8-SD70-3330 oleh petugas: ",
        "Dipisahkan dari laporan lain oleh petugas: ",
    )
    assert [mask_reason(rule, f"{own}{words}") for own in introductions] == [f"{own}{MASK}" for own in introductions]
    assert mask_reason(rule, "tanya Budi di sana") == MASK


def test_laws_and_names_of_the_tables_are_shown(parts: Parts) -> None:
    """The law of every row of competence and the name of every institution are shown in a reason."""
    laws = [row.basis for row in load_competence(parts.tables.reference.table(COMPETENCE)).rows]
    sentences = [f"“{MASK}” adalah urusan {agency.name} (x)." for agency in parts.registry.institutions.values()]
    sentences += [f"“{MASK}” adalah urusan Kota Semarang ({law})." for law in laws]
    assert [mask_reason("jalan-rusak", sentence) for sentence in sentences] == sentences


def test_our_ids_are_shown() -> None:
    """Our ids and small counts are shown."""
    text_ = f"joins of {COMPLAINT} (hop 0, 93% sure)"
    assert mask_text(text_) == text_


@pytest.mark.parametrize(
    "value",
    [
        "Budi, 081234567890",
        6281234567890,
        ["081234567890"],
        {"at": 6281234567890},
        {"text": "telepon 081234567890"},
        {"text": {"district": "081234567890"}},
        {"suggested_agency": "081234567890"},
        {"suggested_agency": ["081234567890"]},
        {"agency": "kantor 081234567890"},
        {"nomor": 6281234567890},
        {"pelapor": "081234567890"},
        {"081234567890": True},
        {"phone": "1234567890", "email": "1234567890"},
    ],
)
def test_a_number_is_masked_in_any_field(value: Any) -> None:
    """A number is masked in any field, also in unknown ones and in fields of the wrong type."""
    assert "234567890" not in json.dumps(shown(value))


def test_a_record_of_an_unknown_type_is_masked() -> None:
    """Nothing of a value is shown if its type is not one of ours."""
    assert mask_record(Record("complaints", 0, 0, 0, b"", b'{"tracking": "Budi"}'))["value"] == MASK


def test_unknown_fields_are_counted() -> None:
    """Unknown fields are counted: another program may write a name there. An agency's text and person are masked."""
    fields = {"id": COMPLAINT, "at": "2026-11-24T08:04:05.678Z", "verdict": "refused", "agency": "kota-3374"}
    persons = {"text": "bukan kami, tanya Budi", "actor": "Siti Contohnya", "suggested_agency": None}
    assert shown({**fields, **persons, "name": "Budi Contohnya", "Budi": {"nama": "Budi"}}) == {
        **fields,
        "text": MASK,
        "actor": MASK,
        "suggested_agency": None,
        "other fields": 2,
    }


def test_our_own_words_are_shown_and_a_persons_words_are_masked() -> None:
    """Of a dispatch, the topic, the region, the law and the names of institutions are shown, and no citizen's word."""
    report = Report(
        title="Lampu di rumah Pak Budi",
        text="Lampu padam, hubungi Budi",
        incident_time="kemarin, kata Budi",
        place=Place(region="dekat Budi", district="Budi", code="33.74", address="Jl. Budi 3", latitude=-6.9),
        agency="Dinas Budi",
    )
    basis = "“lampu Budi” adalah urusan Kota Semarang (UU 23/2014 Lampiran C)."
    reasons = (
        Reason(rule="lampu-jalan", text=basis),
        Reason(rule="place", text="Tempatnya: Kota Semarang (“Budi”, “Jl. Budi”)."),
        Reason(rule="next-alternative", text="PLN menyatakan bukan kewenangannya: itu rumah Budi"),
        Reason(rule="merged", text="Disatukan dengan laporan 2VA8-SD70-3330 oleh petugas: sama, kata Budi"),
    )
    dispatch = Dispatch(
        id=UUID(COMPLAINT),
        message_id=UUID(COMPLAINT),
        at=NOW,
        complaint_id=UUID(COMPLAINT),
        tracking="2VA8-SD70-3330",
        channel="web",
        agency="kota-3374",
        alternatives=("provinsi-33",),
        reasons=reasons,
        rules_version="1234567890ab",
        hop=1,
        due_at=NOW,
        report=report,
        confidence=0.5,
        topic="lampu-jalan",
        region="33.74.01",
        actor="Budi",
    )
    value = mask_record(Record("agency-kota-3374", 0, 0, 0, *codec.encode(dispatch, "key", "/router")))["value"]
    assert "Budi" not in json.dumps(value)
    assert [reason["text"] for reason in value["reasons"]] == [
        "“•••” adalah urusan Kota Semarang (UU 23/2014 Lampiran C).",
        "Tempatnya: Kota Semarang (“•••”).",
        "PLN menyatakan bukan kewenangannya: •••",
        "Disatukan dengan laporan 2VA8-SD70-3330 oleh petugas: •••",
    ]
    own_fields = dispatch.model_dump(mode="json", exclude={"report", "reasons", "actor"})
    assert {name: value[name] for name in own_fields} == own_fields
    assert value["report"]["place"] == {
        "region": MASK,
        "district": MASK,
        "code": "33.74",
        "address": MASK,
        "latitude": MASK,
        "longitude": None,
        "accuracy": None,
    }


@pytest.mark.parametrize(
    ("event", "reason", "shown_reason"),
    [
        ("not-a-complaint", "promotion", "promotion"),
        ("answer-not-counted", "late: refused", "late: refused"),
        ("released", "promotion", MASK),
        ("dropped", "kata Budi", MASK),
    ],
)
def test_a_typed_reason_is_masked(event: Any, reason: str, shown_reason: str) -> None:
    """The reason of an event is shown if it is a code of ours, and masked if a person typed it."""
    ids: dict[str, Any] = dict.fromkeys(("id", "message_id", "subject"), UUID(COMPLAINT))
    message = OversightEvent(**ids, at=NOW, event=event, reason=reason)
    value = mask_record(Record("oversight", 0, 0, 0, *codec.encode(message, "key", "/operations")))["value"]
    assert value["reason"] == shown_reason


def test_every_shape_of_a_topic_can_be_shown() -> None:
    """Each shape of a topic has shown fields: none is masked as a whole."""
    topic_shapes: set[type[WireModel]] = {RawMessage, Dispatch}
    topic_shapes |= {topic.shape for topic in all_topics([], []) if topic.shape}
    empty_fields: dict[str, Any] = {"id": COMPLAINT}
    assert all(mask_fields(empty_fields, shape) == empty_fields for shape in topic_shapes)


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
