"""The interface of the pages: the person, the right, and the way to the sign-in page and back."""

from http import HTTPStatus
from uuid import UUID

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from accounts.permissions import Act, Actor, Role
from accounts.signed_in import SignedIn, install_sign_in_handlers, local_address
from pages.frame import NavigationEntry, ShownLink, shown_links
from pages.translation.message import Message
from tests.accounts.desk_client import OpenDesk

OFFICER = Actor(UUID(int=1), "Sari Dewi", Role.OFFICER, "kota-3374")


def desk_of(actor: Actor | None) -> FastAPI:
    """Return a desk with one page, where this person is signed in."""
    app = FastAPI()
    signed_in = SignedIn(lambda _request: actor)

    def show_case(request: Request, agency: str) -> Response:
        return PlainTextResponse(signed_in.require(request, Act.VIEW_CASE, agency).name)

    app.add_api_route("/desk/laporan/{agency}", show_case, methods=["GET", "POST"])

    def refused_page(_request: Request, status: HTTPStatus) -> Response:
        return PlainTextResponse("page", status)

    install_sign_in_handlers(app, refused_page)
    return app


def test_a_page_needs_a_person_with_the_right(open_desk: OpenDesk) -> None:
    """The own case is shown, another agency's case is 403."""
    client = open_desk(desk_of(OFFICER))
    assert client.get("/desk/laporan/kota-3374").text == "Sari Dewi"
    assert client.get("/desk/laporan/bumn-pln").status_code == HTTPStatus.FORBIDDEN
    problem = client.program("GET", "/desk/laporan/bumn-pln")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == HTTPStatus.FORBIDDEN


def test_without_a_session_a_page_leads_to_the_sign_in(open_desk: OpenDesk) -> None:
    """A browser is sent to the sign-in page, which knows where to continue. A program gets a problem."""
    client = open_desk(desk_of(None))
    answer = client.get("/desk/laporan/kota-3374?due=1&q=a%20b")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert answer.headers["Location"] == "/desk/masuk?lanjut=/desk/laporan/kota-3374%3Fdue%3D1%26q%3Da%2520b"
    assert client.program("GET", "/desk/laporan/kota-3374").status_code == HTTPStatus.UNAUTHORIZED


def test_a_form_after_the_end_of_the_session_is_not_redirected(open_desk: OpenDesk) -> None:
    """A redirect would lose the text that the person typed."""
    answer = open_desk(desk_of(None)).post("/desk/laporan/kota-3374")
    assert (answer.status_code, answer.text) == (HTTPStatus.UNAUTHORIZED, "page")


@pytest.mark.parametrize("address", ["/desk", "/desk/laporan", "/desk/laporan?due=1&q=a%20b", "/desk?tab=baru"])
def test_addresses_of_the_desk_are_accepted(address: str) -> None:
    """The sign-in continues at the page that was opened, with its filter."""
    assert local_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://jahat.example/desk",
        "//jahat.example/desk",
        "///jahat.example/desk",
        "/\\jahat.example/desk",
        "/desk\\..\\..\\jahat.example",
        "/desk/..//jahat.example",
        "/desk/\r\nSet-Cookie: a=b",
        "/\t/jahat.example",
        "\t//jahat.example",
        " /desk",
        "javascript:alert(1)",
        "/desk@jahat.example",
        "/desktop",
        "/status/1",
        "desk/laporan",
        "https:/desk",
        "http://[/desk",
        "/desk/masuk",
        "/desk/masuk?lanjut=/desk/masuk",
        "/desk/" + "a" * 3000,
        "/desk/\uff4a",
    ],
)
def test_no_sign_in_leads_to_another_site(address: str) -> None:
    """All else leads to the desk's first page."""
    assert local_address(address) == "/desk"


@given(st.text() | st.text("/\\:@.desk?#%\t\n ").map("/desk".__add__) | st.text("/\\:@.desk?#%\t\n "))
def test_every_address_stays_on_the_desk(address: str) -> None:
    """Whatever is typed, the result is a path below `/desk` that no browser reads as another host."""
    result = local_address(address)
    assert result == "/desk" or result.startswith(("/desk/", "/desk?", "/desk#"))
    assert "\\" not in result
    assert result.isprintable()


def test_the_navigation_shows_what_the_person_may_do() -> None:
    """A link is shown to those with its right, and the deepest matching one is current."""
    navigation = [
        NavigationEntry(Message("Laporan"), "/desk/laporan", Act.VIEW_CASE),
        NavigationEntry(Message("Laporan lama"), "/desk/laporan/lama", Act.VIEW_CASE),
        NavigationEntry(Message("Akun"), "/desk/akun", Act.MANAGE_ACCOUNTS),
        NavigationEntry(Message("Saya"), "/desk/saya"),
    ]
    assert shown_links(navigation, OFFICER, "/desk/laporan/lama/1") == [
        ShownLink(Message("Laporan"), "/desk/laporan", is_current=False),
        ShownLink(Message("Laporan lama"), "/desk/laporan/lama", is_current=True),
        ShownLink(Message("Saya"), "/desk/saya", is_current=False),
    ]
