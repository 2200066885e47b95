"""The page that `/desk` opens, and the link to the list of cases, by role."""

from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.permissions import Actor, Role
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.site import HEALTH, DeskSite

LIST_LINK = '<a href="/desk/laporan"'


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.HEAD, "/desk/pimpinan"),
        (Role.COORDINATOR, "/desk/laporan"),
        (Role.OFFICER, "/desk/laporan"),
        (Role.TRIAGE, "/desk/templat"),
    ],
)
def test_the_first_page_of_a_role(site: DeskSite, client: DeskClient, role: Role, address: str) -> None:
    """A head begins with the figures, who answers cases with their list."""
    site.actor = Actor(UUID(int=9), "Rina", role, "triage" if role is Role.TRIAGE else HEALTH)
    answer = client.get("/desk")
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, address)


def test_a_head_opens_the_list_from_every_page(site: DeskSite, client: DeskClient) -> None:
    """The navigation leads there. Triage has a page of its own, and no such link."""
    number = site.send(1, "Kemenkes, puskesmas tutup")
    site.actor = Actor(UUID(int=9), "Rina", Role.HEAD, HEALTH)
    page = client.get("/desk/laporan").text
    assert LIST_LINK in page
    assert number in page
    site.actor = Actor(UUID(int=9), "Rina", Role.TRIAGE, "triage")
    assert LIST_LINK not in client.get("/desk/templat").text
