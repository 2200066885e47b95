"""A regency at work in Chromium: units from a file, cases passed on, given back and answered together, and its head.

`SATUPINTU_TEST_PICTURES` names a folder for pictures of each page.
"""

import os
import re
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from accounts.permissions import Role
from tests.end_to_end.browser.conftest import DESK, PHONE
from tests.end_to_end.browser.counter_pages import check, open_page
from tests.end_to_end.counter_service import COUNTER, CounterService
from tests.end_to_end.dialogues.sms_service import SmsService
from tests.end_to_end.test_satisfaction import DAY_MINUTES, Oversight
from tests.support.loopback_twilio import LoopbackTwilio

REGENCY = "kabupaten-6210"
PHONE_NUMBER = "+6280000006211"
SMS = "Jembatan di Kuala Kurun Gunung Mas lapuk. Dinas Pekerjaan Umum sudah diberi tahu, belum datang"
AT_COUNTER = "Sampah menumpuk di Pasar Kuala Kurun, Kabupaten Gunung Mas, sejak hari Senin"
QUESTION, REASON = "Kapan papan dapat dipasang?", "Sampah bukan tugas badan ini"
CONTRIBUTIONS = {"BPBD": "Papan darurat dipasang hari ini.", "KEC-KURUN": "Warga membantu kerja bakti hari Sabtu."}
CLOSING = "Papan jembatan sudah diganti."
_FILE: FilePayload = {
    "name": "unit.csv",
    "mimeType": "text/csv",
    "buffer": (
        b"\xef\xbb\xbfkode;nama;induk\r\nDPU;Dinas Pekerjaan Umum;\r\nBPBD;Badan Penanggulangan Bencana;\r\n"
        b"KEC-KURUN;Kecamatan Kurun;\r\n"
    ),
}
_PICTURES = os.environ.get("SATUPINTU_TEST_PICTURES")
_MOST_TABS = 250


class Persons:
    """The persons of the regency, each with an own browser. `see` checks a page and keeps its picture."""

    def __init__(self, chromium: Browser, counter: CounterService, size: dict[str, int]) -> None:
        self._chromium = chromium
        self._counter = counter
        self._size = size
        self._numbers = count(1)

    def open(self, name: str, role: Role, unit: str = "") -> Page:
        """Return the page of a person who has signed in."""
        officer = self._counter.sign_in(role, REGENCY, unit, name)
        return open_page(self._chromium, self._counter, self._size, officer)

    def see(self, page: Page, name: str) -> None:
        """Assert that a page is accessible and no wider than the screen; keep its picture."""
        check(page)
        if _PICTURES:
            path = Path(_PICTURES) / f"{self._size['width']}-{next(self._numbers):02}-{name}.png"
            page.screenshot(path=path, full_page=True)


def press(target: Locator) -> None:
    """Reach a link, button or summary by Tab alone, and press Enter."""
    reach(target)
    target.page.keyboard.press("Enter")


def write(target: Locator, text: str) -> None:
    """Reach a field by Tab alone, and type."""
    reach(target)
    target.page.keyboard.type(text)


def reach(target: Locator) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(_MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        target.page.keyboard.press("Tab")
    raise AssertionError(str(target))


def open_case(page: Page, number: str) -> None:
    """Open a case from the list, by the keyboard."""
    page.goto("/desk/laporan")
    press(page.locator(f"a[href*='/desk/laporan/{number}']").first)
    page.wait_for_url(f"**/desk/laporan/{number}*")


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_regency_answers_with_its_units(
    chromium: Browser, counter: CounterService, twilio: LoopbackTwilio, size: dict[str, int]
) -> None:
    """Keyboard alone, from the file of units to the head's page; only the file itself is chosen without a key.

    Two units contribute to one answer, another one gives back what is not its task, and the sender rates by SMS.
    """
    persons = Persons(chromium, counter, size)
    sms = SmsService(counter.stages, urlsplit(counter.address).port or 0)
    raw, _ = sms.send(SMS, PHONE_NUMBER)
    coordinator = persons.open("Dewi Lestari", Role.COORDINATOR)
    at_counter = enter_at_counter(persons, coordinator)
    counter.stages.run()
    assert {counter.stages.holder_of(number) for number in (raw.tracking, at_counter)} == {REGENCY}

    build_units(persons, coordinator)
    # Two presses: the case, and the proposed unit.
    open_case(coordinator, raw.tracking)
    persons.see(coordinator, "usulan")
    press(coordinator.get_by_role("button", name="Teruskan ke Dinas Pekerjaan Umum"))
    expect(coordinator.get_by_text("Unit: Dinas Pekerjaan Umum.")).to_be_visible()
    persons.see(coordinator, "diteruskan")

    give_back(persons, coordinator, at_counter)
    answer_together(persons, counter, raw.tracking)

    oversight = Oversight(counter.stages)
    counter.stages.clock.wait(DAY_MINUTES + 5)
    assert oversight.ask() == 1
    oversight.send()
    texts = [sent["Body"] for sent in twilio.sends]
    assert len([text for text in texts if CONTRIBUTIONS["KEC-KURUN"] in text]) == 1
    assert "Bagaimana penanganan" in texts[-1]
    _, thanks = sms.send("5", PHONE_NUMBER)
    assert "nilai 5 dari 5" in thanks
    oversight.read()
    read_as_head(persons, at_counter)


def enter_at_counter(persons: Persons, page: Page) -> str:
    """Enter the report of a citizen who came, print its receipt, and return its number."""
    page.goto(COUNTER)
    reach(page.locator("[name=counter_way]").first)
    page.keyboard.press("Space")
    write(page.locator("#text"), AT_COUNTER)
    page.keyboard.press("Tab")
    persons.see(page, "loket")
    press(page.get_by_role("button", name=re.compile("Kirim laporan|Simpan laporan|Kirim")).last)
    expect(page.get_by_role("status")).to_have_text("Laporan terkirim.")
    persons.see(page, "tanda-terima")
    number: str = page.locator(".number.big").inner_text()
    page.emulate_media(media="print")
    expect(page.locator(".letter")).to_contain_text(number)
    expect(page.locator(".screen")).to_be_hidden()
    page.emulate_media(media="screen")
    return number


def build_units(persons: Persons, page: Page) -> None:
    """Upload the file of units."""
    page.goto("/desk/unit")
    page.get_by_label("Berkas CSV").set_input_files(_FILE)
    press(page.get_by_role("button", name="Unggah"))
    expect(page.get_by_role("status")).to_contain_text("3 unit baru")
    persons.see(page, "unit")


def give_back(persons: Persons, coordinator: Page, number: str) -> None:
    """Pass a case on to a wrong unit, which gives it back with a reason that the coordinator reads."""
    open_case(coordinator, number)
    press(coordinator.locator("summary", has_text="Teruskan ke unit"))
    write(coordinator.locator("#unit"), "Badan")
    press(coordinator.get_by_role("button", name="Teruskan ke unit ini"))
    expect(coordinator.get_by_text("Unit: Badan Penanggulangan Bencana.")).to_be_visible()
    page = persons.open("Petugas BPBD", Role.OFFICER, "BPBD")
    open_case(page, number)
    press(page.locator("summary", has_text="Kembalikan: bukan tugas unit ini"))
    write(page.locator("#alasan-kembali"), REASON)
    persons.see(page, "kembalikan")
    press(page.get_by_role("button", name="Kembalikan laporan"))
    page.wait_for_url("**/desk/laporan?*")
    assert page.locator(f"a[href*='{number}']").count() == 0
    persons.see(page, "daftar-unit")
    page.context.close()
    open_case(coordinator, number)
    expect(coordinator.get_by_text("Petugas BPBD mengembalikan ke koordinator.")).to_be_visible()
    expect(coordinator.get_by_text(REASON)).to_be_visible()
    persons.see(coordinator, "dikembalikan")
    coordinator.context.close()


def answer_together(persons: Persons, counter: CounterService, number: str) -> None:
    """Ask two units, let them contribute, and answer once with what they wrote. Then close the case."""
    holder = persons.open("Petugas DPU", Role.OFFICER, "DPU")
    for unit in ("Badan", "Kecamatan"):
        open_case(holder, number)
        press(holder.locator("summary", has_text="Minta kontribusi unit lain"))
        write(holder.locator("#unit-diminta"), unit)
        write(holder.locator("#pertanyaan"), QUESTION)
        press(holder.get_by_role("button", name="Kirim permintaan"))
        expect(holder.get_by_text(QUESTION).first).to_be_visible()
    persons.see(holder, "diminta")
    for unit, text in CONTRIBUTIONS.items():
        page = persons.open(f"Petugas {unit}", Role.OFFICER, unit)
        page.goto("/desk/kontribusi")
        persons.see(page, "kontribusi-terbuka")
        press(page.get_by_role("link", name=f"Baca laporan {number} dan tulis kontribusi"))
        write(page.get_by_label(re.compile("Kontribusi .* \\(wajib\\)")), text)
        persons.see(page, "kontribusi-ditulis")
        press(page.get_by_role("button", name="Kirim kontribusi"))
        expect(page.get_by_role("status")).to_contain_text(number)
        expect(page.get_by_text(text)).to_be_visible()
        persons.see(page, "kontribusi-terkirim")
        page.context.close()
    open_case(holder, number)
    press(holder.locator("#tanggapi > summary"))
    for name in ("Badan Penanggulangan Bencana", "Kecamatan Kurun"):
        press(holder.locator("#tanggapi").get_by_role("button", name=name))
    expect(holder.locator("#isi-tanggapi")).to_have_value("\n\n".join(CONTRIBUTIONS.values()))
    persons.see(holder, "jawaban")
    press(holder.get_by_role("button", name="Kirim tanggapan"))
    expect(holder.get_by_role("status").first).to_be_visible()
    counter.stages.run()
    holder.goto(f"/desk/laporan/{number}")
    press(holder.locator("#tutup > summary"))
    write(holder.locator("#isi-tutup"), CLOSING)
    press(holder.get_by_role("button", name="Tutup laporan"))
    expect(holder.get_by_role("status").first).to_be_visible()
    counter.stages.run()
    persons.see(holder, "ditutup")
    holder.context.close()


def read_as_head(persons: Persons, open_number: str) -> None:
    """The head reads the figures by unit, with the rating of the sender, and opens a case without any act."""
    page = persons.open("Sekretaris Daerah", Role.HEAD)
    page.goto("/desk/pimpinan")
    persons.see(page, "pimpinan")
    units = page.get_by_role("region", name="Menurut unit")
    expect(units.get_by_role("row", name="Dinas Pekerjaan Umum")).to_be_visible()
    expect(units.get_by_role("row", name="Belum di unit")).to_be_visible()
    press(units.get_by_role("link", name="Dinas Pekerjaan Umum"))
    page.wait_for_url("**unit=DPU*")
    expect(page.get_by_text("Hapus pilihan Dinas Pekerjaan Umum")).to_be_visible()
    persons.see(page, "pimpinan-unit")
    page.goto(f"/desk/laporan/{open_number}")
    expect(page.get_by_text(REASON)).to_be_visible()
    assert page.get_by_role("heading", name="Tindakan").count() == 0
    persons.see(page, "pimpinan-laporan")
    page.context.close()
