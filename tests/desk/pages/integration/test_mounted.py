"""The application of the desk serves the pages of webhooks and keys, and the file of the list."""

import pytest

from app.assembly.desk.http import build
from app.assembly.desk.parts import DeskParts
from app.assembly.parts import Parts
from tests.accounts.desk_client import desk_client
from tests.desk.pages.integration.site import HOME
from tests.ingest.door_client import DoorServer


@pytest.mark.parametrize("address", [HOME, f"{HOME}/webhook/x", "/desk/laporan.csv"])
def test_the_desk_serves_the_page_to_persons_who_are_signed_in(parts: Parts, server: DoorServer, address: str) -> None:
    """The others are sent to the sign-in page, which leads back."""
    desk = DeskParts(parts)
    client = desk_client(server, build(parts, desk))
    assert client.get(address).headers["Location"] == f"/desk/masuk?lanjut={address}"
    desk.close()
