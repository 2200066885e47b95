"""A coordinator adds, tests, changes and removes the webhooks of the agency."""

import threading
from http import HTTPStatus

import pytest

from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.webhooks import MAX_WEBHOOKS
from tests.desk.pages.integration.site import (
    DEWI_LABEL,
    HOME,
    WEBHOOKS,
    Browser,
    IntegrationSite,
    browser_of,
    version_in,
)
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import HEALTH, DeskSite
from tests.desk.webhooks.harness import Harness, change
from tests.desk.webhooks.receiver import Receiver, verify_at_any_time
from tests.ingest.door_client import DoorServer
from tests.support.loopback import stalled
from tests.support.waiting import wait_for


def test_the_secret_of_a_new_webhook_is_shown_once(any_integration: IntegrationSite, any_browser: Browser) -> None:
    """It stands in no address, may not be stored by the browser, and a reload neither shows it nor adds another."""
    integration, browser = any_integration, any_browser
    shown = browser.add("http://lapor.example:8080/masuk?kunci=abc")
    (webhook,) = integration.webhooks.list_webhooks(HEALTH)
    assert (webhook.address, webhook.kinds) == ("http://lapor.example:8080/masuk?kunci=abc", ("received", "moved"))
    assert shown.status_code == HTTPStatus.OK
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.text.count("whsec_") == 1
    assert f'href="{WEBHOOKS}/{webhook.id}"' in shown.text
    assert integration.acts() == [("webhook.add", DEWI_LABEL)]
    reloaded = browser.add("http://lapor.example:8080/masuk?kunci=abc")
    assert reloaded.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Alamat ini sudah terdaftar." in text_of(reloaded)
    assert len(integration.webhooks.list_webhooks(HEALTH)) == 1
    for page in (browser.page(), browser.page(f"{WEBHOOKS}/{webhook.id}"), reloaded.text):
        assert "whsec_" not in page
        assert "lapor.example:8080/masuk?kunci=abc" in page
    assert "Dewi Lestari" in browser.page(f"{WEBHOOKS}/{webhook.id}")
    assert str(integration.site.actor and integration.site.actor.account_id) not in browser.page()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("bukan alamat", "Alamat ini tidak dapat dipakai."),
        ("https://nama@lapor.example/", "Alamat ini tidak dapat dipakai."),
        ("http://lapor.example/", "Alamat harus diawali https://."),
        ("https://lapor.example:25/", "Port harus 443, atau 1024 ke atas."),
        ("https://tidak-ada.example/", "Nama host di alamat ini tidak ditemukan."),
        ("https://169.254.169.254/latest", "Alamat ini ada di jaringan internal."),
        ("https://internal.example/", "Alamat ini ada di jaringan internal."),
    ],
)
def test_a_refused_address_is_explained(site: DeskSite, server: DoorServer, address: str, reason: str) -> None:
    """The page keeps what was typed. Nothing is recorded or stored."""

    def resolve(host: str, _port: int) -> list[str]:
        if host == "tidak-ada.example":
            raise OSError
        return ["10.0.0.1"]

    strict = AddressGuard(allow_http=False, allowed_networks=[], resolve=resolve)
    integration = IntegrationSite(site, Harness(site.desk.engine), strict)
    browser = browser_of(server, integration.app)
    response = browser.add(address, "answered")
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert reason in text_of(response)
    assert f'value="{address}"' in response.text
    assert 'value="answered" checked' in response.text
    assert 'value="moved" checked' not in response.text
    assert integration.site.acts == []
    assert integration.webhooks.list_webhooks(HEALTH) == []


def test_a_webhook_needs_a_kind_and_there_are_few(integration: IntegrationSite, browser: Browser) -> None:
    """Without a kind nothing is added. With five webhooks the form is gone, and a form from before is refused."""
    response = browser.add("http://lapor.example/", "dihapus")
    assert "Pilih paling sedikit satu jenis perubahan." in text_of(response)
    assert "Tambah webhook" in browser.page()
    for number in range(MAX_WEBHOOKS):
        assert browser.add(f"http://lapor.example/{number}").status_code == HTTPStatus.OK
    assert "Tambah webhook" not in browser.page()
    refused = browser.add("http://lapor.example/lagi")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "sudah memiliki 5 webhook" in text_of(refused)
    assert len(integration.webhooks.list_webhooks(HEALTH)) == MAX_WEBHOOKS


def test_a_new_secret_is_shown_once_and_changed_once(
    integration: IntegrationSite, browser: Browser, receiver: Receiver
) -> None:
    """A form that is sent twice does not end the secret that the receiver still uses."""
    added = integration.hooks.add(receiver.url, agency=HEALTH)
    version = version_in(browser.page(f"{WEBHOOKS}/{added.id}"))
    shown = browser.act(added.id, "rahasia", versi=version)
    assert shown.status_code == HTTPStatus.OK
    assert shown.text.count("whsec_") == 1
    assert added.secret not in shown.text
    again = browser.act(added.id, "rahasia", versi=version)
    assert again.status_code == HTTPStatus.CONFLICT
    assert "Rahasia ini sudah diganti" in text_of(again)
    assert "whsec_" not in again.text
    assert integration.acts() == [("webhook.rotate_secret", DEWI_LABEL)]
    browser.act(added.id, "uji")
    assert verify_at_any_time(receiver.requests[0], [added.secret])["type"] == "webhook.test"
    assert "Mengganti lagi mengakhirinya sekarang juga." in browser.page(f"{WEBHOOKS}/{added.id}")


def test_the_test_button_says_the_result(integration: IntegrationSite, browser: Browser, receiver: Receiver) -> None:
    """In words, on the page that follows, and in the list of deliveries, where a test cannot be sent again."""
    added = integration.hooks.add(receiver.url, agency=HEALTH)
    page = browser.follow(browser.act(added.id, "uji"))
    assert "Uji coba berhasil: alamat itu menerima pemberitahuan (204)." in page
    assert "terkirim" in page
    assert "Kirim ulang" not in page
    receiver.broken = 500
    page = browser.follow(browser.act(added.id, "uji"))
    assert "Uji coba gagal. Alamat itu menjawab dengan kesalahan. Status HTTP: 500." in page
    receiver.broken = 302
    assert "Pengalihan tidak diikuti" in browser.follow(browser.act(added.id, "uji"))
    assert integration.acts() == [("webhook.test", DEWI_LABEL)] * 3


def test_one_slow_receiver_occupies_one_thread(
    integration: IntegrationSite, browser: Browser, receiver: Receiver
) -> None:
    """While a test of the agency runs, another one is not sent, and the page says so."""
    added = integration.hooks.add(receiver.url, agency=HEALTH)
    stall = threading.Event()
    receiver.script.append(stalled(stall))
    first = threading.Thread(target=browser.act, args=(added.id, "uji"))
    first.start()
    wait_for(lambda: len(receiver.requests) == 1)
    refused = browser.act(added.id, "uji")
    stall.set()
    first.join()
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "Uji coba lain masih berjalan." in text_of(refused)
    assert len(receiver.requests) == 1
    assert "Uji coba berhasil" in browser.follow(browser.act(added.id, "uji"))


def test_deliveries_say_what_happened_and_are_sent_again(
    any_integration: IntegrationSite, any_browser: Browser, receiver: Receiver
) -> None:
    """Status, fault, attempts and time of the next attempt; a click brings it forward or repeats it."""
    integration, browser, hooks = any_integration, any_browser, any_integration.hooks
    added = hooks.add(receiver.url, agency=HEALTH)
    address = f"{WEBHOOKS}/{added.id}"
    receiver.broken = 503
    hooks.enqueue(change(1, "LPR-1", agency=HEALTH))
    hooks.deliver_all()
    page = browser.page(address)
    assert "Laporan masuk ke instansi" in page
    assert "Alamat itu menjawab dengan kesalahan. Status HTTP: 503." in page
    assert "1 percobaan" in page
    assert "dikirim paling cepat 24 Nov 2026" in page
    assert 'href="/desk/laporan/LPR-1"' in page
    assert "1 percobaan gagal sejak pengiriman terakhir yang berhasil." in browser.page()
    receiver.broken = 0
    change_id = str(change(1).id)
    notice = browser.follow(browser.act(added.id, "kirim-ulang", perubahan=change_id))
    assert "Pemberitahuan itu segera dikirim lagi." in notice
    assert hooks.deliver_all() == 1
    page = browser.page(address)
    assert "terkirim" in page
    assert "dikirim paling cepat" not in page
    browser.act(added.id, "mati")
    assert "Ia dikirim setelah webhook ini diaktifkan." in browser.follow(
        browser.act(added.id, "kirim-ulang", perubahan=change_id)
    )
    assert hooks.deliver_all() == 0
    page = browser.page(address)
    assert "dikirim setelah webhook diaktifkan" in page
    assert "Dinonaktifkan petugas." in page
    assert "segera dikirim" in browser.follow(browser.act(added.id, "nyala"))
    assert hooks.deliver_all() == 1
    assert receiver.events == [("case.received", "LPR-1")] * 3
    assert [action for action, _ in integration.acts()] == [
        "webhook.redeliver",
        "webhook.switch_off",
        "webhook.redeliver",
        "webhook.switch_on",
    ]


def test_deliveries_are_shown_in_pages(integration: IntegrationSite, browser: Browser) -> None:
    """The newest first; an act on a later page leads back to it."""
    added = integration.hooks.add("http://lapor.example/", agency=HEALTH)
    integration.hooks.enqueue(*(change(number, f"LPR-{number}", agency=HEALTH) for number in range(1, 28)))
    first = browser.page(f"{WEBHOOKS}/{added.id}")
    assert "LPR-27" in first
    assert ">LPR-2<" not in first
    (address,) = [part.partition('"')[0] for part in first.split('href="') if "sebelum=" in part.partition('"')[0]]
    second = browser.page(address.partition("#")[0])
    assert ">LPR-2<" in second
    assert "LPR-27" not in second
    position = address.partition("sebelum=")[2].partition("#")[0]
    answer_to_act = browser.act(added.id, "kirim-ulang", perubahan=str(change(1).id), sebelum=position)
    assert f"sebelum={position}" in answer_to_act.headers["Location"]
    assert ">LPR-2<" in browser.follow(answer_to_act)
    for nonsense in ("x", "-1", "9" * 19, "9" * 30, "%00"):
        assert "LPR-27" in browser.page(f"{WEBHOOKS}/{added.id}?sebelum={nonsense}")


def test_a_removed_webhook_is_gone(integration: IntegrationSite, browser: Browser) -> None:
    """A second click finds nothing."""
    added = integration.hooks.add("http://lapor.example/", agency=HEALTH)
    response = browser.act(added.id, "hapus")
    assert response.headers["Location"] == f"{HOME}?selesai=hapus"
    assert "Webhook dihapus." in browser.follow(response)
    again = browser.act(added.id, "hapus")
    assert again.status_code == HTTPStatus.NOT_FOUND
    assert "Mungkin sudah dihapus" in text_of(again)
    assert integration.acts() == [("webhook.remove", DEWI_LABEL)]


def test_a_webhook_that_was_switched_off_by_itself_says_why(
    integration: IntegrationSite, browser: Browser, receiver: Receiver
) -> None:
    """On both pages, in both languages."""
    added = integration.hooks.add(receiver.url, agency=HEALTH)
    receiver.broken = 410
    integration.hooks.enqueue(change(1, agency=HEALTH))
    integration.hooks.deliver_all()
    assert "ia tidak dipakai lagi (410)" in browser.page()
    assert "ia tidak dipakai lagi (410)" in browser.page(f"{WEBHOOKS}/{added.id}")
    english = browser.page(f"{WEBHOOKS}/{added.id}?bahasa=en")
    assert "it is no longer in use (410)" in english
    assert "sent when the webhook is switched on" in english
