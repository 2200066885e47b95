"""The app at `/app` in a Chromium that can be killed, behind a network that can fail."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from app.assembly.pictures import open_file
from messages import codec
from messages.shapes import Complaint
from messages.topics import COMPLAINTS
from pages.files.cleaning import clean_file
from tests.conftest import missing
from tests.end_to_end.browser.pages import pixels_too_wide, reload_until
from tests.end_to_end.browser.phone import Network, Phone, stored, wait_for
from tests.ingest.web.forms import photo
from tests.support.agency_answers import answer
from tests.support.databases import Databases
from tests.support.service import RunningService

SMALL, PHONE, DESK = ({"width": width, "height": height} for width, height in ((320, 640), (360, 740), (1280, 900)))
SIZES = [pytest.param(size, id=str(size["width"])) for size in (SMALL, PHONE, DESK)]


@pytest.fixture(scope="module")
def app_service(tmp_path_factory: pytest.TempPathFactory, process_databases: Databases) -> Iterator[RunningService]:
    """A service with all stages."""
    home = tmp_path_factory.mktemp("app")
    with process_databases.settings(home) as values:
        service = RunningService(home, **values)
        service.start()
        yield service
        service.close()


@pytest.fixture
def network(app_service: RunningService) -> Iterator[Network]:
    """The network between the phone and the service."""
    with Network(app_service.settings.port).running() as network:
        yield network


@pytest.fixture
def phone(tmp_path: Path, playwright: Playwright, network: Network) -> Iterator[Phone]:
    """A phone. In the end no page of it may have failed."""
    path = shutil.which("chromium")
    if not path:
        missing("Chromium: not on PATH")
    phone = Phone(playwright, str(path), tmp_path / "profile", network.address)
    yield phone
    if phone.is_running:
        phone.kill()
    assert phone.faults == []


def start_installed(phone: Phone, size: dict[str, int]) -> Page:
    """Start the browser, and wait until it has the app."""
    page = phone.start(size)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def pick_photo(page: Page, content: bytes, name: str = "foto.jpg") -> None:
    """Take a picture, as the camera gives it."""
    shown = page.locator("#photos img").count()
    page.set_input_files("#camera", {"name": name, "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator("#photos img")).to_have_count(shown + 1)


def wait_until_sent(page: Page, count: int) -> None:
    """Wait until so many reports and messages of the phone have arrived, and nothing waits.

    An empty outbox alone says nothing: the draft may not be in it yet.
    """
    wait_for(lambda: len(stored(page, "sent")) >= count and not stored(page, "outbox"))


def complaints(service: RunningService, text: str) -> list[Complaint]:
    """Return the complaints with this text."""
    with closing(service.parts.bus.reader()) as reader:
        all_complaints = [codec.decode(Complaint, record.value, record.headers) for record in reader.read([COMPLAINTS])]
    return [complaint for complaint in all_complaints if complaint.report.text == text]


@pytest.mark.parametrize("size", SIZES)
def test_it_can_be_installed_and_used_by_everybody(phone: Phone, size: dict[str, int]) -> None:
    """Chromium finds no reason against the installation, and axe no fault in light and dark, at any width."""
    page = start_installed(phone, size)
    violations: list[str] = []
    page.on("console", lambda message: violations.append(message.text) if "Security Policy" in message.text else None)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url.removeprefix("blob:")).netloc))
    phone.open(page)
    assert page.context.new_cdp_session(page).send("Page.getInstallabilityErrors") == {"installabilityErrors": []}
    pick_photo(page, photo(size=(640, 480)))
    for view in ("#lapor", "#laporan"):
        phone.open(page, view)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert [found["id"] for found in Axe().run(page).response["violations"]] == []
        assert pixels_too_wide(page) == 0
    assert (violations, asked) == ([], {urlsplit(page.url).netloc})


@pytest.mark.parametrize("size", SIZES)
def test_a_report_written_without_a_network_arrives_once(
    phone: Phone, network: Network, app_service: RunningService, size: dict[str, int]
) -> None:
    """The app starts offline, keeps a report with its picture although the browser is killed, and sends it once.

    The answer to the report is lost, too, and the upload breaks in the middle.
    """
    text, picture = f"Jembatan bambu di Kampung {size['width']} putus.", photo(size=(900, 700))
    start_installed(phone, size)
    phone.kill()
    network.is_down = True
    page = phone.start(size)
    pick_photo(page, picture)
    expect(page.locator("#offered")).to_contain_text("110,40000")
    page.click("#accept")
    page.fill("#text", text)
    page.locator("#send").dblclick()
    expect(page.locator("#waiting")).to_have_text("1")
    phone.kill()

    network.is_down, network.cut_parts, network.lost_answers = False, 1, 2
    page = phone.start(size, "#laporan")
    wait_until_sent(page, 1)
    expect(page.locator("#reports a")).to_have_count(1)
    app_service.audit()
    (complaint,) = complaints(app_service, text)
    (attachment,) = complaint.report.attachments
    parts = app_service.parts
    assert open_file(parts.engine, parts.sealer, attachment.id) == clean_file(picture, lambda _: None).content
    assert (complaint.report.place.latitude, complaint.report.place.longitude) == (-6.9, 110.4)


def test_a_place_that_was_not_accepted_is_not_sent(phone: Phone, app_service: RunningService) -> None:
    """The place in a picture leaves the phone only with consent; an accepted one can be removed again."""
    text = "Plang nama jalan hilang."
    page = start_installed(phone, PHONE)
    pick_photo(page, photo(size=(640, 480)))
    page.click("#accept")
    page.click("#position-remove")
    expect(page.locator("#position")).to_be_hidden()
    page.fill("#text", text)
    page.click("#send")
    wait_until_sent(page, 1)
    app_service.audit()
    (complaint,) = complaints(app_service, text)
    assert (complaint.report.place.latitude, len(complaint.report.attachments)) == (None, 1)


def test_the_position_of_the_phone(phone: Phone, app_service: RunningService) -> None:
    """A press asks for the position; it is shown with its accuracy and sent with the report."""
    text = "Pohon tumbang menutup jalan."
    page = start_installed(phone, PHONE)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": -6.98765, "longitude": 110.41234, "accuracy": 12})
    page.click("#locate")
    expect(page.locator("#position-text")).to_have_text("-6,98765; 110,41234 (± 12 m)")
    page.fill("#text", text)
    page.click("#send")
    wait_until_sent(page, 1)
    app_service.audit()
    (complaint,) = complaints(app_service, text)
    assert (complaint.report.place.latitude, complaint.report.place.accuracy) == (-6.98765, 12)


def test_a_new_version_keeps_the_draft(phone: Phone, network: Network) -> None:
    """The new version takes over when nothing is being typed, and the draft with its picture is still there."""
    page = start_installed(phone, PHONE)
    pick_photo(page, photo(size=(640, 480)))
    page.fill("#text", "Saluran air mampet")
    caches = "caches.keys().then(names => names.join())"
    before = page.evaluate(caches)
    page.focus("#text")
    network.install_version("versi berikut")
    page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update()).then(() => true)")
    expect(page.locator("#told")).to_contain_text("Versi baru")
    with page.expect_navigation():
        page.evaluate("document.activeElement.blur(); document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("html[data-ready]")
    wait_for(lambda: page.evaluate(caches) not in {before, ""} and "," not in page.evaluate(caches))
    assert "versi berikut" in page.evaluate("fetch('/app/texts.js').then(answer => answer.text())")
    expect(page.locator("#text")).to_have_value("Saluran air mampet")
    expect(page.locator("#photos img")).to_have_count(1)


def test_a_full_phone_says_so_and_loses_nothing(phone: Phone) -> None:
    """A picture for which there is no space is refused with a sentence; the words stay, and the next attempt works."""
    page = phone.start(PHONE, space=300_000)
    page.fill("#text", "Lampu merah mati")
    large = io.BytesIO()
    # Noise does not become smaller.
    Image.effect_noise((1600, 1200), 200).save(large, "JPEG")
    page.set_input_files("#camera", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": large.getvalue()})
    expect(page.locator("#photo-fault")).to_contain_text("Penyimpanan ponsel penuh")
    phone.free_space()
    pick_photo(page, photo())
    phone.open(page)
    expect(page.locator("#text")).to_have_value("Lampu merah mati")
    expect(page.locator("#photos img")).to_have_count(1)


def test_the_conversation(phone: Phone, network: Network, app_service: RunningService) -> None:
    """The sender reads the answer, adds words without a network, says that it is not solved, and rates."""
    text = "Sampah menumpuk di Kelurahan Srondol Kulon, Kota Semarang, sejak Senin."
    page = start_installed(phone, SMALL)
    page.fill("#text", text)
    page.click("#send")
    wait_until_sent(page, 1)
    app_service.audit()
    (complaint,) = complaints(app_service, text)
    answer(app_service.parts, complaint.tracking, "closed", "Sampah sudah kami angkut.", None)
    app_service.audit()
    page.locator("#reports a").first.click()
    reload_until(page, lambda: "Sampah sudah kami angkut." in page.inner_text("#conversation"))
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert pixels_too_wide(page) == 0

    network.is_down = True
    expect(page.locator("input[name=act]")).to_have_count(4)
    for act, words, rating in (
        ("objects", "Hanya sebagian.", ""),
        ("adds", "Yang di sisi timur penuh.", ""),
        ("rates", "", "2"),
    ):
        page.check(f"input[name=act][value={act}]")
        if rating:
            page.check(f"input[name=rating][value='{rating}']")
        page.fill("#reply-text", words)
        page.locator("#reply-send").dblclick()
    expect(page.locator("#waiting")).to_have_text("3")
    expect(page.locator("#conversation")).to_contain_text("Nilai Anda: 2 dari 5")
    network.is_down = False
    phone.open(page, page.url.split("/app/")[1])
    wait_until_sent(page, 4)
    app_service.audit()
    with closing(app_service.parts.bus.reader()) as reader:
        followed = [json.loads(record.value)["follow_up"] for record in reader.read([COMPLAINTS])]
    acts = [given["act"] for given in followed if given["act"] != "reports"]
    assert sorted(acts) == ["adds", "objects", "rates"]


def test_an_expired_registration_renews_itself(phone: Phone, app_service: RunningService) -> None:
    """A revoked token is renewed, and the report arrives."""
    page = start_installed(phone, PHONE)
    wait_for(lambda: bool(page.evaluate("import('/app/store.js').then(store => store.read('facts', 'token'))")))
    device = page.evaluate("import('/app/store.js').then(store => store.deviceId())")
    app_service.parts.doors.devices.revoke(UUID(device))
    page.fill("#text", "Jalan gelap")
    page.click("#send")
    wait_until_sent(page, 1)
    assert [sent["text"] for sent in stored(page, "sent")] == ["Jalan gelap"]


def test_wiping_leaves_nothing_on_the_phone(phone: Phone, network: Network) -> None:
    """The owner sees how much is not sent yet, and afterwards the phone has neither words nor the device's id."""
    page = start_installed(phone, PHONE)
    network.is_down = True
    page.fill("#text", "Rahasia keluarga")
    page.click("#send")
    page.click("summary")
    page.click("#wipe")
    expect(page.locator("#wipe-lost")).to_contain_text("1 kiriman belum terkirim")
    page.click("#wipe-yes")
    expect(page.locator("#told")).to_contain_text("sudah dihapus")
    assert [stored(page, name) for name in ("facts", "drafts", "pictures", "outbox", "sent")] == [[]] * 5
