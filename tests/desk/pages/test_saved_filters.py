"""Filters of the list that an officer has named: saved, opened, replaced and removed, each for the own account."""

from http import HTTPStatus

from accounts.permissions import Actor, Role
from desk.acts.saved_filters import MAX_FILTERS
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import BUDI, PLN, SARI, DeskSite

_LIST = "/desk/laporan"
_SAVE = f"{_LIST}/saringan"
_TITLE = "Saringan Anda:"


def save(client: DeskClient, name: str, query: str = "tab=lewat&topik=puskesmas") -> str:
    """Save a filter; return the address to which the officer is led."""
    answer = client.post(f"{_SAVE}?{query}", {"nama": name})
    assert answer.status_code == HTTPStatus.SEE_OTHER, text_of(answer)
    return answer.headers["Location"]


def test_a_saved_filter_is_a_link(site: DeskSite, client: DeskClient) -> None:
    """It opens tab, filter and order as they were, and stands in the list of every tab."""
    site.send(1)
    address = save(client, "  Puskesmas   terlambat ", "tab=lewat&topik=puskesmas&bahaya=1&urut=terbaru&baris=100")
    assert address == f"{_LIST}?tab=lewat&topik=puskesmas&bahaya=1&urut=terbaru&baris=100"
    link = f'<a href="{address.replace("&", "&amp;")}" aria-current="page">Puskesmas terlambat</a>'
    assert link in client.get(address).text
    assert f"{_TITLE} Puskesmas terlambat" in text_of(client.get(_LIST))
    assert link.replace(' aria-current="page"', "") in client.get(_LIST).text


def test_searched_words_are_not_saved(client: DeskClient) -> None:
    """They may name a citizen. A list with words alone has nothing to save."""
    assert save(client, "Baru", "topik=puskesmas&cari=sekar+wulandari") == f"{_LIST}?tab=baru&topik=puskesmas"
    assert "sekar" not in client.get(_LIST).text
    save(client, "Kosong", "cari=sekar")
    assert "Kosong" not in client.get(_LIST).text
    assert "Simpan saringan ini" not in client.get(f"{_LIST}?cari=sekar").text


def test_the_same_name_gets_the_new_filter(client: DeskClient) -> None:
    """Ten filters are enough for a row of links; a further one needs another removed, and keeps the list as it is."""
    for number in range(MAX_FILTERS):
        save(client, f"Saringan {number}")
    assert save(client, "Saringan 3", "bahaya=1") == f"{_LIST}?tab=baru&bahaya=1"
    answer = client.post(f"{_SAVE}?bahaya=1", {"nama": "Satu lagi"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Anda sudah punya 10 saringan. Hapus satu lebih dahulu." in text_of(answer)
    assert client.post(f"{_SAVE}?bahaya=1", {"nama": " "}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    removed = client.post(f"{_SAVE}?bahaya=1", {"nama": "Saringan 3", "langkah": "hapus"})
    assert removed.headers["Location"] == f"{_LIST}?tab=baru&bahaya=1"
    assert ">Saringan 3</a>" not in client.get(_LIST).text
    save(client, "Satu lagi")
    assert client.get(_LIST).text.count("topik=puskesmas") == MAX_FILTERS


def test_a_filter_belongs_to_its_account(site: DeskSite, client: DeskClient) -> None:
    """Nobody else sees or removes it, and it does not follow the person to another institution."""
    save(client, "Milik Sari")
    for other in (BUDI, Actor(SARI.account_id, SARI.name, Role.OFFICER, PLN)):
        site.actor = other
        client.post(_SAVE, {"nama": "Milik Sari", "langkah": "hapus"})
        assert "Milik Sari" not in client.get(_LIST).text
    site.actor = SARI
    assert "Milik Sari" in client.get(_LIST).text
    site.actor = Actor(SARI.account_id, SARI.name, Role.OVERSEER)
    assert client.post(f"{_SAVE}?bahaya=1", {"nama": "Pengawas"}).status_code == HTTPStatus.FORBIDDEN
