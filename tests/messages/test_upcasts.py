"""Upcasts: a record of an older version is converted step by step to the current one, or its version is unknown."""

import json
from typing import Any, ClassVar
from uuid import UUID

import pytest

from messages.codec import CodecError, Headers, decode, encode
from messages.shapes import WireModel
from messages.upcasts import UPCASTS, Upcasts, upcast
from tests.conftest import NOW

ID = UUID(int=7)


class Planted(WireModel):
    """A shape whose current version is 3."""

    name: ClassVar[str] = "planted"
    version: ClassVar[int] = 3

    words: tuple[str, ...]


def _split(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "words": content["text"].split()}


def _renamed(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "text": content["says"]}


STEPS: Upcasts = {("planted", 1): _renamed, ("planted", 2): _split, ("other", 1): _split}


def headers(version: str, name: str = "planted") -> Headers:
    """Return the headers of a record of that version."""
    return (("ce_id", str(ID).encode()), ("ce_type", f"id.lapor.{name}.v{version}".encode()), ("traceparent", b"00-x"))


def value(**fields: Any) -> bytes:
    """Return the JSON of a record."""
    return json.dumps({"id": str(ID), "message_id": str(ID), "at": "2026-11-24T08:04:05.678Z", **fields}).encode()


def test_a_current_record_is_not_changed() -> None:
    """Not even an unreadable one: its stage reports the fault."""
    assert upcast(Planted, b"{", headers("3"), STEPS) == (b"{", headers("3"))


@pytest.mark.parametrize(("version", "fields"), [("1", {"says": "dua kata"}), ("2", {"text": "dua kata"})])
def test_versions_are_converted_step_by_step(version: str, fields: dict[str, str]) -> None:
    """The oldest version passes every step. The type header is updated; the other headers keep their order."""
    converted, converted_headers = upcast(Planted, value(**fields), headers(version), STEPS)
    assert decode(Planted, converted, converted_headers) == Planted(id=ID, message_id=ID, at=NOW, words=("dua", "kata"))
    assert converted_headers == headers("3")
    assert converted == encode(Planted(id=ID, message_id=ID, at=NOW, words=("dua", "kata")), "", "").value


@pytest.mark.parametrize(
    ("record_headers", "steps"),
    [
        (headers("4"), STEPS),
        (headers("0"), STEPS),
        (headers("1"), {("planted", 2): _split}),
        (headers("2"), {("planted", 1): _renamed}),
        (headers("1"), UPCASTS),
        (headers("1", "other"), STEPS),
        (headers("x"), STEPS),
        ((), STEPS),
    ],
)
def test_an_unknown_version_is_named(record_headers: Headers, steps: Upcasts) -> None:
    """A newer version, a missing step, another shape or no type: the error names the header."""
    with pytest.raises(CodecError, match="unknown_version ce_type"):
        upcast(Planted, value(says="x", text="x"), record_headers, steps)


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", value(), value(says=7), b'{"says": "x"}', b"\xff"])
def test_a_failed_conversion_is_refused(content: bytes) -> None:
    """If a step fails, or its result has another shape, the error quotes nothing of the record."""
    with pytest.raises(CodecError, match="not_the_shape"):
        upcast(Planted, content, headers("1"), STEPS)
