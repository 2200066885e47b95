"""Upcasts: a record of an older version becomes one of ours, step by step, or is said to be none that we know."""

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
    """A shape whose third version is ours."""

    name: ClassVar[str] = "planted"
    version: ClassVar[int] = 3

    words: tuple[str, ...]


def _split(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "words": said["text"].split()}


def _renamed(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "text": said["says"]}


STEPS: Upcasts = {("planted", 1): _renamed, ("planted", 2): _split, ("other", 1): _split}


def headers(version: str, name: str = "planted") -> Headers:
    """As a record of that version has them."""
    return (("ce_id", str(ID).encode()), ("ce_type", f"id.lapor.{name}.v{version}".encode()), ("traceparent", b"00-x"))


def value(**said: Any) -> bytes:
    """A record's JSON."""
    return json.dumps({"id": str(ID), "message_id": str(ID), "at": "2026-11-24T08:04:05.678Z", **said}).encode()


def test_what_is_ours_is_not_touched() -> None:
    """Not even where it can't be read: its stage says what is wrong with it."""
    assert upcast(Planted, b"{", headers("3"), STEPS) == (b"{", headers("3"))


@pytest.mark.parametrize(("version", "said"), [("1", {"says": "dua kata"}), ("2", {"text": "dua kata"})])
def test_one_version_after_the_other(version: str, said: dict[str, str]) -> None:
    """The oldest goes through every step; it says what it is now, and its other headers stay, in their order."""
    made, headed = upcast(Planted, value(**said), headers(version), STEPS)
    assert decode(Planted, made, headed) == Planted(id=ID, message_id=ID, at=NOW, words=("dua", "kata"))
    assert headed == headers("3")
    assert made == encode(Planted(id=ID, message_id=ID, at=NOW, words=("dua", "kata")), "", "").value


@pytest.mark.parametrize(
    ("headed", "steps"),
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
def test_a_version_that_nobody_knows(headed: Headers, steps: Upcasts) -> None:
    """Newer than ours, a step that is missing, another shape's, or none at all: the header is named."""
    with pytest.raises(CodecError, match="unknown_version ce_type"):
        upcast(Planted, value(says="x", text="x"), headed, steps)


@pytest.mark.parametrize("said", [b"{", b"[]", b"null", value(), value(says=7), b'{"says": "x"}', b"\xff"])
def test_what_does_not_become_the_shape(said: bytes) -> None:
    """A step that trips over it, or makes something else of it: it is said, and nothing that stood there."""
    with pytest.raises(CodecError, match="not_the_shape"):
        upcast(Planted, said, headers("1"), STEPS)
