"""Takes the pictures of the desk's guides in a training room, with the labels that each shows.

`make guide-pictures` runs it and writes `desk/pages/static/guide/`; look at them. It needs chromium. A test takes the
labels again: pictures of pages that have changed since are found.
"""

import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlmodel import col, select

from accounts.invitations import NewPerson
from accounts.pages.invitation_pages import invitation_link
from accounts.permissions import Role
from app.assembly.channels import CHANNELS
from app.assembly.desk.accounts import build_account_services
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from app.training.invented import invented_reports
from app.training.room import TrainingRoom, read_room, room_settings
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import read_transaction
from desk.pages.guide import PICTURES
from tests.support.paths import SHIPPED_TABLES
from tests.support.service import RunningService
from tests.support.waiting import wait_for

LABELS = PICTURES / "labels.json"
_AGENCY = "kota-3374"
_PASSWORD = "kata sandi ruang latihan"
_DESK_SIZE, _PHONE_SIZE = (720, 900), (360, 900)
_QUALITY = 60
_NUMBER = re.compile(r"\S*[A-Z0-9]{4}(-[A-Z0-9]{4}){2}\S*|\S*\d\S*")


class GuidePicture(NamedTuple):
    """A picture and the labels on its page: headings, buttons, and names of fields, without numbers."""

    name: str
    image: bytes
    labels: Sequence[str]


def take_pictures(browser: Browser) -> Sequence[GuidePicture]:
    """Return the pictures of a new training room."""
    with tempfile.TemporaryDirectory(prefix="satupintu-guide-") as folder:
        service = RunningService(Path(folder), reference_folder=str(SHIPPED_TABLES))
        try:
            service.start("--training", _AGENCY)
            parts = Parts(room_settings(service.settings), CHANNELS, system_surroundings())
            room = wait_for(lambda: _ready_room(parts))
            assert room
            pictures = list(_pictures(browser, parts, room))
            parts.close()
        finally:
            service.close()
    return pictures


def _ready_room(parts: Parts) -> TrainingRoom | None:
    """Return the room when its institution has all reports."""
    room = read_room(parts.settings.home)
    if room is None or len(room.cases) < len(invented_reports()):
        return None
    with read_transaction(parts.engine) as connection:
        dispatched = connection.execute(select(col(DispatchFact.id))).all()
    return room if len(dispatched) == len(room.cases) else None


def _pictures(browser: Browser, parts: Parts, room: TrainingRoom) -> Iterator[GuidePicture]:
    number = next(case.number for case in room.cases if case.key == "lampu")
    case = f"/desk/laporan/{number}"
    with _signed_in_page(browser, parts) as page:
        site = parts.settings.desk_reached_at
        page.goto(f"{site}/desk/laporan?tab=baru")
        wait_for(lambda: page.reload() and page.locator(f"a[href^='{case}']").count())
        yield _picture(page, "list", _DESK_SIZE, "main button", "Jawab yang dipilih")
        page.goto(site + case)
        yield _picture(page, "case", _DESK_SIZE)
        page.locator("summary", has_text="Tanggapi").click()
        form = page.locator("details[open] form", has=page.locator("[name=isi]")).first
        form.locator("[name=isi]").fill(
            "Lampu diperbaiki petugas kami pada hari Jumat pagi. Terima kasih atas laporan Anda."
        )
        form.locator("button[value=pratinjau]").click()
        yield _picture(page, "preview", _DESK_SIZE, "main [role=status]")
        with read_transaction(parts.engine) as connection:
            query = select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number)
            link = parts.keys.link_of(connection.execute(query).scalar_one())
        page.goto(link)
        yield _picture(page, "sender", _PHONE_SIZE)


@contextmanager
def _signed_in_page(browser: Browser, parts: Parts) -> Iterator[Page]:
    """Yield a page of the browser in which an invented officer has signed in."""
    person = NewPerson("sri@latihan.example", "Sri Contohwati", Role.OFFICER, _AGENCY)
    token = build_account_services(parts, parts.audit_log.append).people.invite(person, "guide", "pictures")
    context = browser.new_context(locale="id-ID", color_scheme="light")
    page = context.new_page()
    page.goto(invitation_link(parts.settings.desk_reached_at, token))
    page.fill("[name=sandi]", _PASSWORD)
    page.fill("[name=ulang]", _PASSWORD)
    page.press("[name=ulang]", "Enter")
    page.wait_for_url("**/desk/masuk**")
    page.fill("[name=email]", person.email)
    page.fill("[name=sandi]", _PASSWORD)
    page.press("[name=sandi]", "Enter")
    page.wait_for_url("**/desk/**")
    yield page
    context.close()


def _picture(page: Page, name: str, size: tuple[int, int], top: str = "h1", text: str = "") -> GuidePicture:
    """Return a picture that begins at the first element `top` with this text."""
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.locator(top, has_text=text).first.evaluate("element => element.scrollIntoView()")
    texts = page.locator("main :is(h1, h2, button, label, legend, summary)").all_inner_texts()
    labels = sorted({re.sub(r"\s+", " ", _NUMBER.sub("", text)).strip() for text in texts} - {""})
    image = io.BytesIO()
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(image, "WEBP", quality=_QUALITY)
    return GuidePicture(name, image.getvalue(), labels)


def main() -> int:
    """Write the pictures and their labels. Return 1 without chromium."""
    chromium = shutil.which("chromium")
    if not chromium:
        print("chromium is not on PATH: install it (Debian: apt-get install chromium)", file=sys.stderr)  # noqa: T201
        return 1
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=chromium) as browser:
        pictures = take_pictures(browser)
    for picture in pictures:
        (PICTURES / f"{picture.name}.webp").write_bytes(picture.image)
    labels = {picture.name: picture.labels for picture in pictures}
    LABELS.write_text(json.dumps(labels, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
