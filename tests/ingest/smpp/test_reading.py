"""Parsing of a deliver_sm and decoding of its bytes: any input is read or rejected, and no byte is lost."""

from struct import pack
from typing import Any

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as some

from ingest.smpp.adapter import normalized_number
from ingest.smpp.alphabet import decode, decode_parts
from ingest.smpp.pdu import Address, Concatenation, MalformedPdu, parse_deliver_sm
from tests.ingest.smpp.smsc import CODE, PAYLOAD, SOURCE, deliver, part, pdu, sar

GSM, LATIN, BINARY, UCS2 = 0, 3, 4, 8


def test_fields_of_a_deliver_sm() -> None:
    """Addresses with their types, the coding and the bytes are read unchanged."""
    sms = parse_deliver_sm(pdu(deliver(b"banjir", data_coding=3, dest_addr_ton=6, service_type="CMT")))

    assert (sms.source, sms.destination) == (Address(SOURCE, 1, 1), Address(CODE, 6, 0))
    assert (sms.coding, sms.content, sms.concatenation, sms.is_receipt) == (3, b"banjir", None, False)


@pytest.mark.parametrize("reference", [0, 255, 256, 65_535])
def test_header_of_a_part(reference: int) -> None:
    """A user data header with an 8-bit or 16-bit reference names the part, and is not in the content."""
    kind = "udh8" if reference <= 255 else "udh16"
    sms = parse_deliver_sm(pdu(part(b"banjir", 2, 3, reference)))

    assert (sms.concatenation, sms.content) == (Concatenation(f"{kind}:{reference}", 3, 2), b"banjir")


def test_part_by_optional_parameters() -> None:
    """Without a header the optional parameters name the part."""
    sms = parse_deliver_sm(pdu(sar(b"banjir", 2, 3, 4711)))

    assert (sms.concatenation, sms.content) == (Concatenation("sar:4711", 3, 2), b"banjir")


PORTS = bytes([0x05, 4, 0, 0, 0, 0])
HEADERS: dict[str, tuple[bytes, Concatenation | None, bytes]] = {
    "after another element": (bytes([11]) + PORTS + bytes([0, 3, 7, 2, 1]) + b"x", Concatenation("udh8:7", 2, 1), b"x"),
    "no part in it": (bytes([6]) + PORTS + b"x", None, b"x"),
    "one of one": (bytes([5, 0, 3, 7, 1, 1]) + b"x", None, b"x"),
    "part 0": (bytes([5, 0, 3, 7, 2, 0]) + b"x", None, b"x"),
    "part 3 of 2": (bytes([5, 0, 3, 7, 2, 3]) + b"x", None, b"x"),
    "longer than the message": (bytes([9, 0, 3]) + b"x", None, bytes([9, 0, 3]) + b"x"),
    "element longer than the header": (bytes([5, 0, 9, 7, 2, 1]) + b"x", None, b"x"),
    "empty": (bytes([0]) + b"x", None, b"x"),
    "nothing at all": (b"", None, b""),
}


@pytest.mark.parametrize(("message", "concatenation", "content"), HEADERS.values(), ids=HEADERS)
def test_strange_headers(message: bytes, concatenation: Concatenation | None, content: bytes) -> None:
    """A header that names no valid part is skipped; one that is too long counts as content."""
    sms = parse_deliver_sm(pdu(deliver(message, esm_class=0x40)))

    assert (sms.concatenation, sms.content) == (concatenation, content)


def test_long_message_in_a_parameter() -> None:
    """Long content is in message_payload, which may also begin with a header."""
    payload = smpp34.Tlv(PAYLOAD, bytes([5, 0, 3, 7, 2, 1]) + b"x" * 200)
    sms = parse_deliver_sm(pdu(deliver(b"", esm_class=0x40, tlvs=[payload])))

    assert (sms.concatenation, sms.content) == (Concatenation("udh8:7", 2, 1), b"x" * 200)


@pytest.mark.parametrize(("esm_class", "receipt"), [(0x00, False), (0x04, True), (0x20, True), (0x08, False)])
def test_receipts(esm_class: int, receipt: bool) -> None:  # noqa: FBT001 - an example
    """The SMSC's receipts and notifications are distinguished from messages of people."""
    assert parse_deliver_sm(pdu(deliver(b"id:1", esm_class=esm_class))).is_receipt is receipt


def test_cut_anywhere_is_malformed() -> None:
    """A PDU that is cut anywhere is malformed."""
    complete = pdu(deliver(b"banjir"))
    for end in range(len(complete)):
        with pytest.raises(MalformedPdu):
            parse_deliver_sm(complete[:end])


@given(some.binary(max_size=300))
def test_reading_is_total(body: bytes) -> None:
    """Any bytes are a message or malformed, and each message can be decoded."""
    try:
        sms = parse_deliver_sm(bytes(16) + body)
    except MalformedPdu:
        return
    assert isinstance(decode(sms.coding, sms.content), str)


FIELDS = {
    "short_message": some.binary(max_size=254),
    "data_coding": some.integers(0, 255),
    "source_addr": some.text("+0123456789", max_size=20),
    "source_addr_ton": some.integers(0, 255),
    "source_addr_npi": some.integers(0, 255),
    "tlvs": some.lists(some.builds(smpp34.Tlv, some.integers(0x1400, 0x3FFF), some.binary(max_size=20)), max_size=3),
}


@given(some.fixed_dictionaries(FIELDS))
def test_reads_pdus_of_smpp34(fields: dict[str, Any]) -> None:
    """PDUs encoded by smpp34 are read with the same bytes, also with unknown types and parameters."""
    sms = parse_deliver_sm(pdu({"destination_addr": CODE, **fields}))

    assert (sms.content, sms.coding) == (fields["short_message"], fields["data_coding"])
    assert sms.source == Address(fields["source_addr"], fields["source_addr_ton"], fields["source_addr_npi"])


CODINGS: dict[str, tuple[int, bytes, str]] = {
    "GSM": (GSM, b"\x00 \x11 \x02 \x1b\x3c\x1b\x3e \x1b\x65", "@ _ $ [] €"),
    "GSM, escape at the end": (GSM, b"a\x1b", "a\u00a0"),
    "GSM, unknown extension": (GSM, b"a\x1bz", "a\u00a0"),
    "default that has eight bits": (GSM, b"caf\xe9", "café"),
    "GSM with a class": (0x11, b"\x00", "@"),
    "GSM, message class control": (0xF1, b"\x00", "@"),
    "GSM, message waiting": (0xC8, b"\x00", "@"),
    "ASCII": (1, b"a@b_c", "a@b_c"),
    "Latin-1": (LATIN, b"caf\xe9", "café"),
    "UCS-2": (UCS2, "jalan 🚧".encode("utf-16-be"), "jalan 🚧"),
    "UCS-2 with a class": (0x18, "jalan".encode("utf-16-be"), "jalan"),
    "UCS-2, message waiting": (0xE0, "jalan".encode("utf-16-be"), "jalan"),
    "UCS-2, cut": (UCS2, "jalan".encode("utf-16-be") + b"\x00", "jalan\ufffd"),
    "UCS-2, half a character": (UCS2, b"\xd8\x3d", "\ufffd"),
    "octets that are UTF-8": (BINARY, "jalan 🚧".encode(), "jalan 🚧"),
    "octets that are not": (BINARY, b"jalan \xff", "jalan ÿ"),
    "8 bits with a class": (0xF5, b"jalan \xff", "jalan ÿ"),
    "unknown": (0x77, b"jalan", "jalan"),
    "nothing": (GSM, b"", ""),
}


@pytest.mark.parametrize(("coding", "content", "text"), CODINGS.values(), ids=CODINGS)
def test_codings(coding: int, content: bytes, text: str) -> None:
    """Each data coding is decoded by its alphabet; wrong bytes are decoded as well as possible."""
    assert decode(coding, content) == text


JOINED: dict[str, tuple[dict[int, tuple[int, bytes]], int, str]] = {
    "whole": ({1: (GSM, b"a"), 2: (GSM, b"b")}, 2, "ab"),
    "first missing": ({2: (GSM, b"b"), 3: (GSM, b"c")}, 3, "[…] bc"),
    "last missing": ({1: (GSM, b"a")}, 3, "a […]"),
    "two gaps": ({2: (GSM, b"b")}, 3, "[…] b […]"),
    "escape cut from its character": ({1: (GSM, b"a\x1b"), 2: (GSM, b"\x65")}, 2, "a€"),
    "pair cut in two": ({1: (UCS2, b"\xd8\x3d"), 2: (UCS2, b"\xde\xa7")}, 2, "🚧"),
    "two codings": ({1: (GSM, b"a"), 2: (UCS2, b"\0b")}, 2, "ab"),
}


@pytest.mark.parametrize(("parts", "total", "text"), JOINED.values(), ids=JOINED)
def test_parts_decoded_together(parts: dict[int, tuple[int, bytes]], total: int, text: str) -> None:
    """Neighbouring parts are decoded together, and each run of missing parts is a gap."""
    assert decode_parts(parts, total) == text


NUMBERS: dict[str, tuple[Address, str]] = {
    "international": (Address("6281200001708", 1, 1), "+6281200001708"),
    "international, with a plus": (Address("+6281200001708", 1, 1), "+6281200001708"),
    "from abroad": (Address("60123456789", 1, 1), "+60123456789"),
    "national": (Address("081200001708", 2, 1), "+6281200001708"),
    "of unknown type": (Address("6281200001708"), "+6281200001708"),
    "a name": (Address("6281200BANK", 5, 0), "6281200BANK"),
    "a short code": (Address("1708", 3, 0), "1708"),
    "nobody": (Address(""), ""),
}


@pytest.mark.parametrize(("address", "number"), NUMBERS.values(), ids=NUMBERS)
def test_normalized_numbers(address: Address, number: str) -> None:
    """A subscriber's number has one form, whatever the operator's notation; it equals that of the Twilio door."""
    assert normalized_number(address) == number


def test_header_is_packed_as_the_standard_says() -> None:
    """The fixtures' headers follow 3GPP TS 23.040. This checks the test, not the door."""
    assert part(b"", 1, 2, 0x1234)["short_message"] == pack("!BBBBBBB", 6, 8, 4, 0x12, 0x34, 2, 1)
