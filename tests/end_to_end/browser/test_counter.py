"""The counter in Chromium: an officer enters a report by the keyboard, prints the receipt, and its sender rates it."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.permissions import Role
from tests.end_to_end.browser.conftest import DESK, PHONE
from tests.end_to_end.browser.counter_pages import check, open_page, tab_to
from tests.end_to_end.counter_service import COUNTER, CounterService
from tests.end_to_end.dialogues.sms_service import SmsService
from tests.end_to_end.test_satisfaction import DAY_MINUTES, Oversight
from tests.ingest.files.test_attachments import picture
from tests.support.loopback_twilio import LoopbackTwilio

SEMARANG, PLN = "kota-3374", "bumn-pln"
TEXT = "PLN, listrik padam sejak kemarin di Jalan Merapi Kota Semarang"
SMS = "Lampu jalan mati di Jalan Overste Isdiman Purwokerto Banyumas sejak Senin"
SMS_NUMBER = "+628111230021"


def enter_by_keyboard(page: Page, scan: Path) -> None:
    """Enter a report with a wrong number first. The file alone needs no key."""
    page.goto(COUNTER)
    check(page)
    tab_to(page, "[name=counter_way]")
    page.keyboard.press("Space")
    tab_to(page, "#text")
    page.keyboard.type(TEXT)
    page.locator("#files").set_input_files(scan)
    tab_to(page, "#phone")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Laporan belum terkirim.")
    check(page)
    expect(page.locator("#text")).to_have_value(TEXT)
    tab_to(page, "#phone")
    page.keyboard.press("Control+a")
    page.keyboard.type("0811 0000 8801")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Laporan terkirim.")
    check(page)


def prove_by_keyboard(page: Page, twilio: LoopbackTwilio) -> None:
    """Send a code from the receipt, and type what the citizen reads aloud."""
    tab_to(page, "button[value=kirim]")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Kode dari SMS")).to_be_focused()
    check(page)
    (sms,) = twilio.sends
    page.keyboard.type(sms["Body"].partition(": ")[2][:6])
    page.keyboard.press("Enter")
    expect(page.get_by_text("sudah terbukti")).to_be_visible()
    check(page)


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_from_the_counter_to_the_rating(
    chromium: Browser, counter: CounterService, twilio: LoopbackTwilio, size: dict[str, int], tmp_path: Path
) -> None:
    """Keyboard alone: an error, the form again, the receipt, the code. The sender types the short link, and rates."""
    scan = tmp_path / "surat.png"
    scan.write_bytes(picture("PNG"))
    page = open_page(chromium, counter, size, counter.sign_in(Role.OFFICER, SEMARANG))
    enter_by_keyboard(page, scan)
    counter.stages.run()
    prove_by_keyboard(page, twilio)
    number, link = page.locator(".number.big").inner_text(), page.locator(".number.link").inner_text()
    page.emulate_media(media="print")
    expect(page.locator(".screen")).to_be_hidden()
    expect(page.locator(".letter")).to_contain_text(number)
    page.context.close()

    holder = open_page(chromium, counter, size, counter.sign_in(Role.OFFICER, PLN))
    holder.goto(f"/desk/laporan/{number}")
    expect(holder.get_by_text("Loket (warga datang)")).to_be_visible()
    expect(holder.get_by_role("heading", name="Gambar dan dokumen")).to_be_visible()
    check(holder)
    holder.context.close()

    counter.stages.answer(number, "closed", "Gardu sudah diperbaiki.")
    counter.stages.clock.wait(DAY_MINUTES + 5)
    oversight = Oversight(counter.stages)
    assert oversight.ask() == 1
    sender = open_page(chromium, counter, size)
    sender.goto(urlsplit(link).path.lower())
    expect(sender.get_by_text("Gardu sudah diperbaiki.").first).to_be_visible()
    expect(sender.get_by_role("heading", name="Beri nilai")).to_be_visible()
    check(sender)
    tab_to(sender, "#nilai-5")
    sender.keyboard.press("ArrowDown")
    sender.keyboard.press("Enter")
    sender.wait_for_url("**terkirim=rates*")
    counter.stages.run()
    sender.goto(urlsplit(link).path)
    expect(sender.get_by_text("Anda memberi nilai 4 dari 5.").first).to_be_visible()
    check(sender)
    sender.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_rating_by_sms_is_on_the_own_page(
    chromium: Browser, counter: CounterService, twilio: LoopbackTwilio, size: dict[str, int]
) -> None:
    """The question comes by SMS a day after the closing; the digit that answers it stands where the form was."""
    sms = SmsService(counter.stages, urlsplit(counter.address).port or 0)
    raw, _ = sms.send(SMS, SMS_NUMBER)
    counter.stages.answer(raw.tracking, "closed", "Lampu sudah menyala.")
    counter.stages.clock.wait(DAY_MINUTES + 5)
    oversight = Oversight(counter.stages)
    assert oversight.ask() == 1
    oversight.send()
    assert "Bagaimana penanganan" in twilio.sends[-1]["Body"]
    _, answer = sms.send("4", SMS_NUMBER)
    assert "nilai 4 dari 5" in answer
    page = open_page(chromium, counter, size)
    page.goto(urlsplit(counter.stages.parts.keys.link_of(raw.id)).path)
    expect(page.get_by_text("Anda memberi nilai 4 dari 5.").first).to_be_visible()
    assert page.get_by_role("heading", name="Beri nilai").count() == 0
    check(page)
    page.context.close()
