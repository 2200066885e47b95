"""Upcasts: a record of an older version is converted step by step to the current one, or its version is unknown."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import pytest

from messages.codec import CodecError, Headers, NewerVersionError, decode, decode_part, encode, upcast
from messages.shapes import Shape, Upcast, WireModel
from tests.conftest import NOW

ID = UUID(int=7)


def _split(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "words": content["text"].split()}


def _renamed(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "text": content["says"]}


class Planted(WireModel):
    """A shape whose current version is 3."""

    name: ClassVar[str] = "planted"
    version: ClassVar[int] = 3
    upcasts: ClassVar[Mapping[int, Upcast]] = {1: _renamed, 2: _split}

    words: tuple[str, ...]


class WithoutFirst(Planted):
    """The same shape without the first conversion."""

    upcasts: ClassVar[Mapping[int, Upcast]] = {2: _split}


class WithoutSecond(Planted):
    """The same shape without the second conversion."""

    upcasts: ClassVar[Mapping[int, Upcast]] = {1: _renamed}


class WrittenByAgencies(Planted):
    """The same shape, written by programs of agencies, too."""

    written_by_agencies: ClassVar[bool] = True


def headers(version: str, name: str = "planted") -> Headers:
    """Return the headers of a record of that version."""
    return (("ce_id", str(ID).encode()), ("ce_type", f"id.lapor.{name}.v{version}".encode()), ("traceparent", b"00-x"))


def value(**fields: Any) -> bytes:
    """Return the JSON of a record."""
    return json.dumps({"id": str(ID), "message_id": str(ID), "at": "2026-11-24T08:04:05.678Z", **fields}).encode()


def test_a_current_record_is_not_changed() -> None:
    """Not even an unreadable one: its stage reports the fault."""
    assert upcast(Planted, b"{", headers("3")) == (b"{", headers("3"))


@pytest.mark.parametrize(("version", "fields"), [("1", {"says": "dua kata"}), ("2", {"text": "dua kata"})])
def test_versions_are_converted_step_by_step(version: str, fields: dict[str, str]) -> None:
    """The oldest version passes every step. The type header is updated; the other headers keep their order."""
    planted = Planted(id=ID, message_id=ID, at=NOW, words=("dua", "kata"))
    converted, converted_headers = upcast(Planted, value(**fields), headers(version))
    assert converted_headers == headers("3")
    assert converted == encode(planted, "", "").value
    assert decode(Planted, converted, converted_headers) == planted


@pytest.mark.parametrize(("version", "fields"), [("1", {"says": "dua kata"}), ("2", {"text": "dua kata"})])
def test_an_older_record_is_decoded(version: str, fields: dict[str, str]) -> None:
    """Every reader gets the current shape, or the part of it that the reader needs."""

    class Words(Shape):
        words: tuple[str, ...]

    assert decode(Planted, value(**fields), headers(version)).words == ("dua", "kata")
    assert decode_part(Planted, Words, value(**fields), headers(version)) == Words(words=("dua", "kata"))


@pytest.mark.parametrize(
    ("shape", "record_headers"),
    [
        (Planted, headers("4")),
        (Planted, headers("0")),
        (WithoutFirst, headers("1")),
        (WithoutSecond, headers("2")),
        (WithoutSecond, headers("1")),
        (Planted, headers("1", "other")),
        (Planted, headers("x")),
        (Planted, ()),
    ],
)
def test_an_unknown_version_is_not_redriven(shape: type[WireModel], record_headers: Headers) -> None:
    """A newer version, a missing step, another shape or no type: the error names the header."""
    with pytest.raises(CodecError, match="unknown_version ce_type"):
        upcast(shape, value(says="x", text="x"), record_headers)


def test_a_newer_record_is_no_fault_of_the_record() -> None:
    """The reader waits for the newer program. The error names both versions and nothing of the record."""
    with pytest.raises(NewerVersionError, match="planted of version 4, and this program reads version 3"):
        decode(Planted, value(words=["x"]), headers("4"))


def test_a_newer_record_of_an_agency_is_refused() -> None:
    """One agency's program with a wrong header must not stop the answers of all."""
    with pytest.raises(CodecError, match="newer_version ce_type"):
        decode(WrittenByAgencies, value(words=["x"]), headers("4"))


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", value(), value(says=7), b'{"says": "x"}', b"\xff"])
def test_a_failed_conversion_is_refused(content: bytes) -> None:
    """If a step fails, or its result has another shape, the error quotes nothing of the record."""
    with pytest.raises(CodecError, match="not_the_shape"):
        upcast(Planted, content, headers("1"))
