"""Nobody sees a case or a file outside the own tier: random trees, persons and acts, by every way into a case.

The tiers are worked out here a second time: from the parents of units, and from the acts that were done.
"""

import csv
import io
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from accounts.permissions import Actor, Role
from config.database import read_transaction
from desk.acts.tables import DeskHolder
from desk.pages.list_query import TABS_BY_NAME
from desk.units.tiers import Tier
from desk.units.tree import Unit
from messages.shapes import Attachment
from pages.csv_file import BYTE_ORDER_MARK
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import send_act, send_many
from tests.desk.pages.site import HEALTH, PLN, DeskSite

_CASES, _ROUNDS, _ACTS_OF_ROUND = 5, 4, 20
_NUMBER = re.compile(r"(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])")
_ACTS = (
    *("pass on", "pass on", "pass on", "give back", "give back", "note", "answer", "hold", "refuse", "move unit"),
    *("ask", "ask", "contribute", "withdraw"),
)


@dataclass
class World:
    """An institution with a random tree, persons and cases. `accountable` is worked out from the acts alone."""

    site: DeskSite
    client: DeskClient
    chooser: random.Random
    parents: dict[str, str] = field(default_factory=dict)
    persons: list[Actor] = field(default_factory=list)
    pictures: dict[str, Attachment] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    accountable: dict[str, str] = field(default_factory=dict)
    came_from: dict[str, str] = field(default_factory=dict)
    returns: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Build the tree, the persons and the cases."""
        codes = [f"U{number}" for number in range(self.chooser.randint(2, 9))]
        for number, code in enumerate(codes):
            self.parents[code] = self.chooser.choice(["", *codes[:number]])
            self.site.parts.units.add(HEALTH, Unit(code, f"Unit {code}", self.parents[code]), "Budi", "test")
        units = ["", *(self.chooser.choice(codes) for _ in range(4)), codes[-1]]
        self.persons = [
            Actor(UUID(int=number + 1), f"Petugas {number}", Role.OFFICER, HEALTH, unit)
            for number, unit in enumerate(units)
        ]
        self.persons.append(Actor(UUID(int=90), "Koordinator", Role.COORDINATOR, HEALTH))
        for number in range(1, _CASES + 1):
            picture = self.site.picture(f"foto {number}", b"x")
            word = f"kata{number}kunci"
            text = f"Kemenkes, puskesmas {word} tutup"
            tracking = self.site.send(number, text, title=f"Pintu {word}", attachments=(picture,))
            self.pictures[tracking], self.words[tracking], self.accountable[tracking] = picture, word, ""

    def tier(self, person: Actor) -> set[str]:
        """Return the units of a person, by walking up from each unit."""
        return {code for code in self.parents if person.unit in self.upwards(code)}

    def upwards(self, code: str) -> list[str]:
        """Return a unit and those above it."""
        path = [code]
        while self.parents[path[-1]]:
            path.append(self.parents[path[-1]])
        return path

    def sees(self, person: Actor, number: str) -> bool:
        """Return True if the person may act in a case."""
        return not person.unit or self.accountable[number] in self.tier(person)

    def reads(self, person: Actor, number: str) -> bool:
        """Return True if the person may read a case: it is the own one, or a unit of the person is asked about it."""
        tier = self.tier(person)
        return self.sees(person, number) or any(unit in tier for asked, unit in self.asked if asked == number)

    def act(self) -> None:
        """Let a random person try a random act on a random case, and work out what follows."""
        person, number = self.chooser.choice(self.persons), self.chooser.choice(list(self.accountable))
        self.site.actor = person
        act = self.chooser.choice(_ACTS)
        if act == "pass on":
            self.pass_on(person, number, self.chooser.choice(list(self.parents)))
        elif act == "give back":
            self.give_back(person, number)
        elif act == "note":
            answer = self.client.post(f"/desk/laporan/{number}/catatan", {"isi": "Catatan"})
            expected = HTTPStatus.SEE_OTHER if self.reads(person, number) else HTTPStatus.NOT_FOUND
            assert answer.status_code == expected
        elif act == "hold":
            self.expect(self.client.post(f"/desk/laporan/{number}/petugas"), person, number)
        elif act == "move unit":
            self.move_unit()
        elif act == "ask":
            self.ask(person, number, self.chooser.choice(list(self.parents)))
        elif act in {"contribute", "withdraw"}:
            self.end_request(person, number, is_given=act == "contribute")
        elif self.sees(person, number) and number not in self.gone:
            slug, fields = ("tanggapi", {}) if act == "answer" else ("bukan-kewenangan", {"tujuan": PLN})
            answer = send_act(self.client, number, slug, f"Teks {self.chooser.random()}", **fields)
            assert answer.status_code in {HTTPStatus.SEE_OTHER, HTTPStatus.CONFLICT}
            self.site.desk.deliver()
            if slug == "bukan-kewenangan" and answer.status_code == HTTPStatus.SEE_OTHER:
                self.gone.add(number)
                self.asked = {(other, unit) for other, unit in self.asked if other != number}
        else:
            form = {"tindakan": "tanggapi", "isi": "Teks", "versi": "0", "langkah": "kirim"}
            answer = self.client.post(f"/desk/laporan/{number}/jawab", form)
            assert answer.status_code == (HTTPStatus.CONFLICT if self.sees(person, number) else HTTPStatus.NOT_FOUND)
            sent = send_many(self.client, [f"{number}:0"], tindakan="tanggapi", isi="Teks", langkah="kirim")
            assert "0 dari 1 laporan" in sent.text

    def pass_on(self, person: Actor, number: str, unit: str) -> None:
        """Pass a case on: within the own tier and to the own tier only."""
        answer = self.client.post(f"/desk/laporan/{number}/unit", {"unit": unit})
        may = not person.unit or unit in self.tier(person)
        if not self.sees(person, number):
            assert answer.status_code == HTTPStatus.NOT_FOUND
        elif number in self.gone or not may:
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            assert answer.status_code == HTTPStatus.SEE_OTHER
            if self.accountable[number] != unit:
                self.came_from[number] = self.accountable[number]
            self.accountable[number] = unit
            self.asked.discard((number, unit))

    def ask(self, person: Actor, number: str, unit: str) -> None:
        """Ask a unit for a contribution: only the accountable unit may, and only about a case that is here."""
        fields = {"langkah": "minta", "unit": unit, "pertanyaan": "Apa yang terjadi?"}
        answer = self.client.post(f"/desk/laporan/{number}/kontribusi", fields)
        if not self.sees(person, number):
            assert answer.status_code == HTTPStatus.NOT_FOUND
        elif number in self.gone or self.accountable[number] == unit:
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            assert answer.status_code == HTTPStatus.SEE_OTHER
            self.asked.add((number, unit))

    def end_request(self, person: Actor, number: str, *, is_given: bool) -> None:
        """Give a contribution, as only the asked unit may, or withdraw a request, as only the accountable one may."""
        units = [unit for asked, unit in sorted(self.asked) if asked == number]
        if not units:
            return
        unit = self.chooser.choice(units)
        tier = Tier(HEALTH)
        view = self.site.desk.officer_answers().case(tier, number)
        assert view
        rows = self.site.parts.contributions.of_case(tier, view.case.case)
        (row,) = [row for row in rows if row.unit_code == unit and row.ended_at is None]
        fields = {"langkah": "beri" if is_given else "tarik", "permintaan": str(row.id), "isi": "Kami tahu."}
        answer = self.client.post(f"/desk/laporan/{number}/kontribusi", fields)
        may = (not person.unit or unit in self.tier(person)) if is_given else self.sees(person, number)
        assert (answer.status_code == HTTPStatus.SEE_OTHER) == may
        if may:
            self.asked.discard((number, unit))

    def give_back(self, person: Actor, number: str) -> None:
        """Give a case back: that of the own unit only, up to where it came from, and at last to the coordinators."""
        answer = self.client.post(f"/desk/laporan/{number}/kembalikan", {"alasan": "Bukan tugas kami"})
        here = self.accountable[number]
        if not self.sees(person, number):
            assert answer.status_code == HTTPStatus.NOT_FOUND
        elif number in self.gone or not person.unit or here != person.unit:
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            assert answer.status_code == HTTPStatus.SEE_OTHER
            self.returns[number] = self.returns.get(number, 0) + 1
            above = self.came_from.get(number, "")
            is_up = above in self.upwards(here)[1:]
            self.accountable[number] = above if is_up and self.returns[number] < 2 else ""
            self.came_from[number] = ""
            self.asked.discard((number, self.accountable[number]))

    def move_unit(self) -> None:
        """Let the coordinators move a unit within the tree: tiers change at once."""
        unit, parent = self.chooser.choice(list(self.parents)), self.chooser.choice(["", *self.parents])
        self.site.actor = self.persons[-1]
        fields = {"lama": unit, "nama": f"Unit {unit}", "induk": parent, "langkah": "simpan"}
        answer = self.client.post("/desk/unit", fields)
        if parent and unit in self.upwards(parent):
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            assert answer.status_code == HTTPStatus.SEE_OTHER
            self.parents[unit] = parent

    def expect(self, answer: object, person: Actor, number: str) -> None:
        """Check that an act on a case that the person does not see is answered as for an unknown number."""
        expected = HTTPStatus.SEE_OTHER if self.sees(person, number) else HTTPStatus.NOT_FOUND
        assert getattr(answer, "status_code") == expected  # noqa: B009 - of any client

    def check(self, person: Actor) -> None:
        """Check every way to the cases for one person."""
        self.site.actor = person
        seen = {number for number in self.accountable if self.sees(person, number)}
        read = {number for number in self.accountable if self.reads(person, number)}
        assert set(self.listed()) == read, person
        assert set(self.exported()) == seen
        assert set(self.printed(list(self.accountable))) == seen
        for number in self.accountable:
            status = HTTPStatus.OK if number in read else HTTPStatus.NOT_FOUND
            page = self.client.get(f"/desk/laporan/{number}")
            assert page.status_code == status
            assert (self.words[number] in page.text) == (number in read)
            paper = self.client.get(f"/desk/laporan/{number}/cetak")
            assert paper.status_code == (HTTPStatus.OK if number in seen else HTTPStatus.NOT_FOUND)
            assert self.client.get(f"/desk/laporan/{number}/berkas/{self.pictures[number].id}").status_code == status
            print_whole = self.client.post(f"/desk/laporan/{number}/cetak", {"alasan": "Rapat"})
            assert (self.words[number] in print_whole.text) == (number in seen and number not in self.gone)
            identity = self.client.post(f"/desk/laporan/{number}/identitas", {"alasan": "Perlu"})
            assert ("Sekar" in identity.text) == (number in seen and number not in self.gone)
            by_number = self.client.get(f"/desk/laporan?cari={number}")
            assert by_number.status_code == (HTTPStatus.SEE_OTHER if number in read else HTTPStatus.OK)

        number = self.chooser.choice(list(self.accountable))
        found = {hit for tab in TABS_BY_NAME for hit in self.search(self.words[number], tab)}
        assert found == ({number} & read)

    def listed(self) -> Iterator[str]:
        """Yield the numbers in the tabs of the list, also those above it."""
        for tab in TABS_BY_NAME:
            yield from _NUMBER.findall(self.client.get(f"/desk/laporan?tab={tab}&baris=200").text)

    def search(self, words: str, tab: str) -> list[str]:
        """Return the numbers that a search finds in a tab."""
        return _NUMBER.findall(self.client.get(f"/desk/laporan?tab={tab}&cari={words}").text)

    def exported(self) -> Iterator[str]:
        """Yield the numbers in the files of all tabs."""
        for tab in TABS_BY_NAME:
            text = self.client.get(f"/desk/laporan.csv?tab={tab}").content.decode("utf-8")
            yield from (row["nomor"] for row in csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))

    def printed(self, numbers: list[str]) -> Iterator[str]:
        """Yield the numbers on paper, of a choice that names all cases, and of the lists."""
        chosen = urlencode([("pilihan", "1"), *(("nomor", f"{number}:0") for number in numbers)])
        for query in (chosen, *(f"tab={tab}" for tab in TABS_BY_NAME)):
            # The addresses on the page have the choice.
            paper = self.client.get(f"/desk/laporan/cetak?{query}").text
            yield from (number for number, word in self.words.items() if word in paper)

    def stored(self) -> dict[str, str]:
        """Return the accountable unit of each case as it is stored: one row, so exactly one."""
        with read_transaction(self.site.desk.engine) as connection:
            rows = connection.execute(select(col(DeskHolder.dispatch_id), col(DeskHolder.unit_code))).all()
        units = dict(iter(rows))
        answers = self.site.desk.officer_answers()
        stored = {}
        for number in self.accountable:
            view = answers.case(self.site.parts.tier(self.persons[-1]), number)
            assert view
            stored[number] = units.get(view.case.case.dispatch_id, "")
        return stored


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_nobody_sees_a_case_outside_the_own_tier(site: DeskSite, client: DeskClient, seed: int) -> None:
    """By list, page, search, file, print, picture and identity, after each round of acts. Nobody acts on one either."""
    world = World(site, client, random.Random(seed))  # noqa: S311 - examples
    for _ in range(_ROUNDS):
        for _ in range(_ACTS_OF_ROUND):
            world.act()
        assert world.stored() == world.accountable
        for person in world.chooser.sample(world.persons, 3):
            world.check(person)
