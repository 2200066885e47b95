"""The guides of the desk: for everybody at an institution, about every act, with pictures that exist."""

import re
from http import HTTPStatus
from uuid import UUID

from accounts.permissions import Actor, Role
from desk.pages.guide import COORDINATOR_GUIDE_ADDRESS, GUIDE_ADDRESS
from desk.pages.wording import ACT_NAMES
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.site import DeskSite

_PICTURE = re.compile(r'<img src="([^"]+)" width="(\d+)" height="(\d+)"')


def test_the_guide_explains_each_act_under_its_name(client: DeskClient) -> None:
    """Who looks for the name of a button finds it."""
    page = client.get(GUIDE_ADDRESS).text
    for verdict, name in ACT_NAMES.items():
        assert f'<h2 id="{verdict}">{name}</h2>' in page
    assert f'href="{COORDINATOR_GUIDE_ADDRESS}"' in page
    assert f'href="{GUIDE_ADDRESS}"' in client.get(COORDINATOR_GUIDE_ADDRESS).text


def test_each_picture_of_the_guide_is_served(client: DeskClient) -> None:
    """Its size is the one that the page keeps free for it. Another name is no picture."""
    pictures = _PICTURE.findall(client.get(GUIDE_ADDRESS).text)
    assert len(pictures) == 4
    for address, _, _ in pictures:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (HTTPStatus.OK, "image/webp")
    assert client.get(f"{GUIDE_ADDRESS}/gambar/labels.json").status_code == HTTPStatus.NOT_FOUND


def test_who_has_no_desk_reads_no_guide_of_it(site: DeskSite, client: DeskClient) -> None:
    """An overseer works at no institution."""
    site.actor = Actor(UUID(int=9), "Rina", Role.OVERSEER, "")
    for address in (GUIDE_ADDRESS, COORDINATOR_GUIDE_ADDRESS, f"{GUIDE_ADDRESS}/gambar/list.webp"):
        assert client.get(address).status_code == HTTPStatus.FORBIDDEN
