"""Forms that another site sends have no effect."""

from http import HTTPStatus

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pages.csrf import MAX_FORM_BYTES, SameOriginForms, is_same_origin_request
from tests.accounts.desk_client import DeskClient, OpenDesk

OWN = "https://lapor.example"


@pytest.mark.parametrize(
    ("method", "site", "origin", "allowed"),
    [
        ("GET", "cross-site", "https://jahat.example", True),
        ("HEAD", None, None, True),
        ("POST", "same-origin", None, True),
        ("POST", "same-origin", "null", True),
        ("POST", "same-site", OWN, False),
        ("POST", "cross-site", OWN, False),
        ("POST", "none", OWN, False),
        ("POST", "", OWN, False),
        ("POST", None, OWN, True),
        ("POST", None, f"{OWN}:443", True),
        ("POST", None, "https://LAPOR.example", True),
        ("POST", None, "http://lapor.example", False),
        ("POST", None, f"{OWN}:8443", False),
        ("POST", None, "https://lapor.example.jahat.example", False),
        ("POST", None, "https://x@lapor.example.jahat.example", False),
        ("POST", None, "null", False),
        ("POST", None, "", False),
        ("POST", None, "https://[", False),
        ("POST", None, "https://lapor.example:port", False),
        ("POST", None, None, False),
        ("DELETE", "cross-site", None, False),
        ("PUT", None, None, False),
    ],
)
def test_each_combination(method: str, site: str | None, origin: str | None, *, allowed: bool) -> None:
    """`Sec-Fetch-Site` decides; without it `Origin` must be our own; without both nothing may change."""
    assert is_same_origin_request(method, site, origin, OWN) is allowed


def test_an_opaque_origin_is_never_our_own() -> None:
    """A wrong own address does not make `null` an own origin."""
    assert not is_same_origin_request("POST", None, "null", "")


@pytest.fixture
def client(open_desk: OpenDesk) -> DeskClient:
    """An application with one form of the desk and one address that is not of the desk."""
    app = FastAPI()

    async def answer(request: Request) -> Response:
        return PlainTextResponse(f"{len(await request.body())} bytes")

    for path in ("/desk/tanggapi", "/desktop"):
        app.add_api_route(path, answer, methods=["GET", "POST"])

    def refusal(_request: Request, status: HTTPStatus) -> Response:
        return PlainTextResponse("refused", status)

    app.add_middleware(SameOriginForms, own_address=OWN, refusal=refusal)
    return open_desk(app)


def test_a_foreign_form_is_refused(client: DeskClient) -> None:
    """The form reaches the endpoint only if a page of ours sent it. Other addresses have their own rules."""
    own, foreign = {"Origin": OWN}, {"Origin": "https://jahat.example"}
    assert client.program("POST", "/desk/tanggapi", own, data=b"text").text == "4 bytes"
    assert client.program("POST", "/desk/tanggapi", foreign, data=b"text").status_code == HTTPStatus.FORBIDDEN
    assert client.program("POST", "/desktop", foreign, data=b"text").status_code == HTTPStatus.OK
    assert client.program("GET", "/desk/tanggapi", foreign).status_code == HTTPStatus.OK


def test_browsers_name_the_origin_in_our_forms(client: DeskClient) -> None:
    """With the referrer policy of the other pages an old browser would send `Origin: null`."""
    assert client.get("/desk/tanggapi").headers["Referrer-Policy"] == "same-origin"
    assert "Referrer-Policy" not in client.get("/desktop").headers


def test_large_forms_are_refused_unread(client: DeskClient) -> None:
    """A form above the limit, and one without an announced length, are refused."""
    too_large = client.program("POST", "/desk/tanggapi", {"Origin": OWN}, data=b"x" * (MAX_FORM_BYTES + 1))
    assert too_large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    endless = client.program("POST", "/desk/tanggapi", {"Origin": OWN}, data=iter([b"x"]))
    assert endless.status_code == HTTPStatus.LENGTH_REQUIRED
