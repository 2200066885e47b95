"""Pages of who stands in for a person on leave, and of cases whose officer is gone."""

from dataclasses import replace
from uuid import UUID, uuid4

from accounts.permissions import Actor, Role
from config.database import write_transaction
from desk.acts.releases import Releases
from desk.pages.parts import Officer
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import BUDI, HEALTH, SARI, DeskSite

MINE = "/desk/laporan?tab=baru&saya=1"


def give(site: DeskSite, client: DeskClient, number: str, officer: Actor) -> None:
    """Give a case to an officer."""
    site.actor = BUDI
    client.post(f"/desk/laporan/{number}/petugas", {"akun": str(officer.account_id)})


def test_cases_of_who_is_on_leave_are_those_of_the_stand_in(site: DeskSite, client: DeskClient) -> None:
    """In the list of the own cases and in its file, with a mark. Nobody else sees them there."""
    number = site.send(1)
    give(site, client, number, SARI)
    site.actor = BUDI
    assert number not in client.get(MINE).text
    site.stood_in_for = {str(SARI.account_id): SARI.name}
    page = text_of(client.get(MINE))
    assert (number in page, f"dipegang {SARI.name} (Anda wakilnya)" in page) == (True, True)
    assert f"Anda menjadi wakil {SARI.name}." in page
    assert number in client.get(f"/desk/laporan.csv?{MINE.partition('?')[2]}").text
    assert number in client.get(f"/desk/laporan/cetak?{MINE.partition('?')[2]}").text


def test_standing_in_shows_nothing_outside_the_own_tier(site: DeskSite, client: DeskClient) -> None:
    """The unit of the stand-in may have changed since: the own tier still decides."""
    number = site.send(1)
    give(site, client, number, SARI)
    site.actor = Actor(UUID(int=60), "Petugas Unit", Role.OFFICER, HEALTH, "PKM")
    site.stood_in_for = {str(SARI.account_id): SARI.name}
    assert number not in client.get(MINE).text
    assert client.get(f"/desk/laporan/{number}").status_code == 404


def test_a_case_names_who_stands_in(site: DeskSite, client: DeskClient) -> None:
    """In the choice of officers, beside who has it, and in the step that gave it."""
    number = site.send(1)
    officers = [Officer(SARI.account_id, SARI.name, stand_in="Andi Wijaya"), Officer(BUDI.account_id, BUDI.name)]
    object.__setattr__(site.parts, "officers", lambda _agency: officers)
    give(site, client, number, SARI)
    page = text_of(client.get(f"/desk/laporan/{number}"))
    assert f"{SARI.name} (cuti, wakil: Andi Wijaya)" in page
    assert f"Dipegang {SARI.name}. Orang itu sedang cuti. Wakilnya: Andi Wijaya." in page
    assert f"menyerahkan kepada {SARI.name}. Selama cuti wakilnya: Andi Wijaya." in page
    # After the leave the step still says so, and the case does not.
    officers[0] = replace_stand_in(officers[0])
    page = text_of(client.get(f"/desk/laporan/{number}"))
    assert ("Orang itu sedang cuti" in page, "Selama cuti wakilnya: Andi Wijaya." in page) == (False, True)


def replace_stand_in(officer: Officer) -> Officer:
    """Return an officer who is back."""
    return officer._replace(stand_in="")


def test_cases_of_who_is_gone_are_named_above_the_list(site: DeskSite, client: DeskClient) -> None:
    """With a link to them. The case says since when nobody has it, and somebody takes it."""
    number = site.send(1)
    give(site, client, number, SARI)
    releases = Releases(site.desk.engine, site.record, site.now, uuid4)
    with write_transaction(site.desk.engine) as connection:
        assert releases.release(connection, SARI.account_id, HEALTH) == 1
    site.actor = BUDI
    page = client.get("/desk/laporan")
    assert "1 laporan dilepas karena pemegangnya tidak lagi bertugas." in text_of(page)
    assert 'href="/desk/laporan?tab=baru&amp;dilepas=1"' in page.text
    assert number in client.get("/desk/laporan?tab=baru&dilepas=1").text
    case = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Belum dipegang siapa pun: pemegangnya tidak lagi bertugas." in case
    assert f"Dilepas dari {SARI.name}, yang tidak lagi bertugas di sini." in case
    give(site, client, number, replace(BUDI))
    assert "dilepas karena" not in client.get("/desk/laporan").text
    assert number not in client.get("/desk/laporan?tab=baru&dilepas=1").text
