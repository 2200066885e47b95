"""Accounts in a real browser: the first administrator, an invited officer, a second factor; by keyboard."""

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from accounts.pages.invitation_pages import invitation_link
from accounts.services import AccountServices
from app.assembly.desk.accounts import build_account_services
from app.clock import utc_now
from tests.end_to_end.browser.conftest import OpenPage
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide
from tests.support.service import RunningService

NARROW = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
PASSWORD = "kopi pagi di beranda"


@pytest.fixture
def accounts(service: RunningService) -> AccountServices:
    """The accounts of the running service."""
    return build_account_services(service.parts, service.parts.audit_log.append)


def assert_readable(page: Page) -> None:
    """Assert that the page fits the screen, needs no script, and that axe finds nothing serious."""
    assert page.locator("script").count() == 0, page.url
    assert pixels_too_wide(page) == 0, page.url
    assert accessibility_faults(page) == [], page.url


def set_password(page: Page, link: str, name: str = "", email: str = "") -> None:
    """Open a one-time link and set the password, by keyboard."""
    page.goto(link)
    assert_readable(page)
    if name:
        page.get_by_label("Nama", exact=True).fill(name)
        page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Kata sandi baru", exact=True).fill(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kata sandi tersimpan")).to_be_visible()


def sign_in(page: Page, email: str) -> None:
    """Sign in by keyboard on the page that is open."""
    page.get_by_label("Email", exact=True).fill(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def switch_on_second_factor(page: Page) -> None:
    """Add the shown key to an app and type its code, by keyboard."""
    app = pyotp.TOTP(page.locator("p.code").inner_text().replace(" ", ""))
    page.get_by_label("Ketik kode enam angka").fill(app.at(utc_now()))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Simpan kode pemulihan ini")).to_be_visible()


def set_up_needed_factor(administrator: Page) -> None:
    """Open a page, be led to the set-up that cannot be postponed, and come back to the page."""
    expect(administrator).to_have_url(re.compile(r"/desk/saya/kode$"))
    administrator.goto("/desk/akun")
    expect(administrator).to_have_url(re.compile(r"/desk/saya/kode\?lanjut=/desk/akun$"))
    expect(administrator.get_by_role("link", name="Nanti saja")).to_have_count(0)
    assert_readable(administrator)
    switch_on_second_factor(administrator)
    administrator.get_by_role("link", name="Sudah saya simpan").press("Enter")
    expect(administrator).to_have_url(re.compile(r"/desk/akun$"))


@pytest.mark.slow
def test_from_the_first_link_to_an_officer_with_a_second_factor(
    open_page: OpenPage, service: RunningService, accounts: AccountServices
) -> None:
    """The administrator opens the first link and invites an officer, who signs in on a phone with a second factor.

    The session's cookie is kept on loopback without https. No page has a script.
    """
    administrator = open_page(DESK, color_scheme="dark").page
    first_link = invitation_link(service.settings.desk_reached_at, accounts.people.invite_first_administrator())
    set_password(administrator, first_link, "Rina Putri", "rina@lapor.example")
    assert_readable(administrator)
    sign_in(administrator, "rina@lapor.example")
    set_up_needed_factor(administrator)
    administrator.get_by_label("Nama", exact=True).fill("Sari Dewi")
    administrator.get_by_label("Email", exact=True).fill("sari@semarang.example")
    administrator.get_by_label("Instansi", exact=True).fill("kota semarang")
    administrator.get_by_role("button", name="Buat undangan").click()
    assert_readable(administrator)
    link = re.search(r"http://127\.0\.0\.1:\d+/desk/undangan/[\w-]+", administrator.inner_text("main"))
    assert link
    administrator.goto("/desk/akun")
    assert_readable(administrator)

    officer = open_page(NARROW).page
    set_password(officer, link[0])
    officer.goto("/desk/saya/kode")
    expect(officer).to_have_url(re.compile(r"/desk/masuk\?lanjut=/desk/saya/kode$"))
    sign_in(officer, "sari@semarang.example")
    expect(officer).to_have_url(re.compile(r"/desk/saya/kode$"))
    assert_readable(officer)
    officer.get_by_role("link", name="Nanti saja").press("Enter")
    expect(officer).to_have_url(re.compile(r"/desk/laporan$"))
    officer.goto("/desk/saya")
    officer.get_by_role("link", name="Aktifkan").click()
    switch_on_second_factor(officer)
    assert_readable(officer)
    recovery_code = officer.locator("li.code").first.inner_text()
    officer.get_by_role("link", name="Sudah saya simpan").click()
    assert_readable(officer)
    officer.get_by_role("button", name="Keluar").click()
    expect(officer.get_by_text("Anda sudah keluar")).to_be_visible()

    sign_in(officer, "sari@semarang.example")
    expect(officer).to_have_url(re.compile(r"/desk/masuk/kode$"))
    assert_readable(officer)
    officer.get_by_label("Kode", exact=True).fill(recovery_code)
    officer.keyboard.press("Enter")
    expect(officer.get_by_role("button", name="Keluar")).to_be_visible()
    officer.goto("/desk/saya")
    expect(officer.get_by_text("belum dipakai: 9")).to_be_visible()

    administrator.reload()
    administrator.get_by_text("Ubah akses Sari Dewi").click()
    assert_readable(administrator)
    administrator.get_by_role("textbox", name="Alasan").fill("pindah tugas")
    administrator.get_by_role("button", name="Cabut akses").click()
    expect(administrator.get_by_text("Akses orang itu dicabut")).to_be_visible()
    officer.reload()
    expect(officer).to_have_url(re.compile(r"/desk/masuk\?lanjut=/desk/saya$"))
