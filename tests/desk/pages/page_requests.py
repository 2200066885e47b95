"""Requests that an officer's browser sends for a case."""

import re
from html import unescape
from http import HTTPStatus
from urllib.parse import urlencode

import requests

from tests.accounts.desk_client import DeskClient
from tests.desk.pages.site import DeskSite

_BROWSER = {
    "Accept": "text/html",
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/x-www-form-urlencoded",
}


def case_page(client: DeskClient, number: str, query: str = "") -> str:
    """Return the HTML of a case's page, which must be there."""
    answer = client.get(f"/desk/laporan/{number}?{query}")
    assert answer.status_code == HTTPStatus.OK
    return answer.text


def version_of(client: DeskClient, number: str) -> str:
    """Return the version in the forms of a case's page."""
    version = re.search(r'name="versi" value="(\d+)"', case_page(client, number))
    assert version
    return version[1]


def form_id_of(page: str) -> str:
    """Return the random id in the form of a page for a new note or template."""
    form_id = re.search(r'name="formulir" value="([^"]+)"', page)
    assert form_id
    return form_id[1]


def send_act(
    client: DeskClient, number: str, act: str, text: str = "", query: str = "", **fields: str
) -> requests.Response:
    """Send the form of an act. By default it has the present version of the case."""
    version = fields.pop("versi", "") or version_of(client, number)
    values = {"tindakan": act, "isi": text, "versi": version, "langkah": "kirim", **fields}
    return client.post(f"/desk/laporan/{number}/jawab?{query}", values)


def done(site: DeskSite, client: DeskClient, number: str, act: str, text: str = "", **fields: str) -> None:
    """Do an act, and let the read model see it."""
    answer = send_act(client, number, act, text, **fields)
    assert answer.status_code == 303, text_of(answer)
    site.desk.deliver()


def send_many(client: DeskClient, numbers: list[str], **fields: str) -> requests.Response:
    """Send the form of an answer to many; `numbers` may have versions."""
    body = urlencode([*(("nomor", number) for number in numbers), *fields.items()])
    answer: requests.Response = client.program("POST", "/desk/laporan/bersama", headers=_BROWSER, data=body)
    return answer


def text_of(answer: requests.Response) -> str:
    """Return the words of a page, without markup."""
    body = answer.text.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
