"""Text that no database and no answer can carry is refused before a route sees it."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from messages.channels import DoorFacts
from pages.problems import RefusalResponder
from pages.refusals import Refused
from pages.rejection_counter import RejectionCounter
from pages.text_check import TextCheck, is_usable_body
from tests.app.routes.asgi_request import Answer, answer_of

FORM, JSON, PARTS = "application/x-www-form-urlencoded", "application/json; charset=utf-8", "multipart/form-data; x"
USABLE = [
    (FORM, b"text=Lampu+padam%2C+%F0%9F%9A%A7+%25%300&x"),
    (FORM, b"text=%"),
    (FORM, b"text=%FF%FE"),
    (JSON, '{"text": "Lampu 🚧 padam"}'.encode()),
    (JSON, b'{"text": "\\ud83d\\udea7 \\\\u0000 \\\\\\\\ud800 \\u0001"}'),
    (JSON, b'{"text": "\\'),
    (PARTS, b"--x\r\n\r\nLampu padam\r\n--x--"),
    ("", b""),
]
UNUSABLE = [
    (FORM, b"text=a%00b"),
    (FORM, b"a%00=b"),
    (FORM, b"text=a\0b"),
    (FORM, b"text=%ED%A0%80"),
    (FORM, b"text=\xed\xbf%bf"),
    (JSON, b'{"text": "a\\u0000b"}'),
    (JSON, b'{"text": "\\\\\\u0000"}'),
    (JSON, b'{"\\ud800": 1}'),
    (JSON, b'{"text": "\\udEA7\\ud83d"}'),
    (JSON, b'{"text": "\\ud83d\\ud83d\\udea7"}'),
    (JSON, b'{"text": "\0"}'),
    (PARTS, b"--x\r\n\r\na\0b\r\n--x--"),
    ("", b"\0"),
]


def check(
    path: str = "/desk", headers: Mapping[str, bytes] = {}, body: bytes = b"", *, reads_bodies: bool = True
) -> tuple[Answer, RejectionCounter]:
    """Send a request to an application that answers with the body; return the answer, and the counted refusals."""

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        content = await Request(scope, receive).body()
        await Response(content)(scope, receive, send)

    def page(refused: Refused, _has_data: bool) -> Response:  # noqa: FBT001 - see RefusalResponder
        return PlainTextResponse(f"halaman: {refused.message}", refused.status)

    rejections = RejectionCounter([DoorFacts(name="desk", label="desk", title="The desk", address_prefix="/")])
    application = TextCheck(echo, RefusalResponder(page, ("/agency",)), rejections, reads_bodies=reads_bodies)
    return asyncio.run(answer_of(application, "POST", path, headers, body)), rejections


@pytest.mark.parametrize(("media_type", "body"), USABLE)
def test_usable_text_comes_to_the_route_unchanged(media_type: str, body: bytes) -> None:
    """An escape of a backslash is no escape of what follows. A pair of surrogates is one sign."""
    answer, rejections = check(headers={"content-type": media_type.encode()}, body=body)
    assert (answer.status, answer.body, is_usable_body(media_type, body)) == (200, body, True)
    assert not rejections.by_door()


@pytest.mark.parametrize(("media_type", "body"), UNUSABLE)
def test_unusable_text_is_refused(media_type: str, body: bytes) -> None:
    """The refusal is counted, and says what to do."""
    answer, rejections = check(headers={"content-type": media_type.encode(), "accept": b"text/html"}, body=body)
    assert (answer.status, answer.body.decode().partition(":")[0]) == (400, "halaman")
    assert rejections.by_door() == {"desk": {"unusable_text": 1}}


@pytest.mark.parametrize("path", ["/desk/%00", "/desk?cari=%00", "/desk?%00=a", "/desk/%ED%A0%80", "/desk?a=%ed%bf%bf"])
def test_an_address_with_unusable_text_is_refused(path: str) -> None:
    """A program gets a problem."""
    answer, _ = check(path)
    assert (answer.status, json.loads(answer.body)["reason"]) == (400, "unusable_text")


def test_a_header_with_nul_is_refused() -> None:
    """Servers refuse it too, but not all do."""
    assert check(headers={"user-agent": b"a\0b"})[0].status == 400


def test_a_report_is_not_read() -> None:
    """Its reader cleans it: a citizen cannot remove what no page shows."""
    answer, _ = check(headers={"content-type": JSON.encode()}, body=b'{"text": "a\\u0000"}', reads_bodies=False)
    assert answer.status == 200


def test_a_long_body_comes_to_the_route_whole() -> None:
    """Its limit is the matter of what is behind the check."""
    body = b"a" * 3_000_000
    assert check(headers={"content-type": FORM.encode()}, body=body)[0].body == body
