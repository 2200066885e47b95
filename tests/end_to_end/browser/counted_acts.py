"""Counts clicks and typed fields of each act of a person, and takes pictures of each page on three screens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide

WIDTHS = (320, 360, 1280)
_HEIGHT = 900


@dataclass
class Act:
    """An act of a person: each click and each typed field goes through it."""

    role: str
    name: str
    clicks: int = 0
    fields: int = 0

    def click(self, target: Locator) -> None:
        """Click a link, a button or a choice."""
        target.click()
        self.clicks += 1

    def choose(self, target: Locator, value: str) -> None:
        """Choose from a list: one click opens it, one takes the value."""
        target.select_option(value)
        self.clicks += 2

    def fill(self, target: Locator, text: str) -> None:
        """Type into a field; the click into it belongs to it."""
        target.fill(text)
        self.fields += 1


@dataclass
class CountedActs:
    """All acts of a day, in order."""

    acts: list[Act] = field(default_factory=list)

    @contextmanager
    def act(self, role: str, name: str) -> Iterator[Act]:
        """Count an act until the block ends."""
        act = Act(role, name)
        yield act
        self.acts.append(act)

    def table(self) -> str:
        """Return the acts as lines of a table."""
        rows = [("role", "act", "clicks", "fields")]
        rows += [(act.role, act.name, str(act.clicks), str(act.fields)) for act in self.acts]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


@dataclass
class Album:
    """Pictures of pages in a folder. Each page is checked by axe, and for its width."""

    folder: Path
    _faults: list[str] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)

    def look(self, page: Page, name: str) -> None:
        """Take pictures of the whole page on three screens and check it; the screen is as before at the end."""
        usual_size = page.viewport_size
        assert usual_size is not None
        assert name not in self._names
        self._names.append(name)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            page.screenshot(path=self.folder / f"{len(self._names):02}-{name}-{width}.png", full_page=True)
            if pixels := pixels_too_wide(page):
                self._faults.append(f"{name} is {pixels} pixels wider than {width}")
        page.set_viewport_size(usual_size)
        self._faults += [f"{name}: {fault}" for fault in accessibility_faults(page)]

    def new_faults(self) -> list[str]:
        """Return what was found since the last call: by axe, and pages that are wider than a screen."""
        faults, self._faults = self._faults, []
        return faults


def tab_to(page: Page, text: str, most: int = 150) -> bool:
    """Press Tab until a link, button or field with this text, id or value has the focus; return whether one got it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        names: Sequence[str] = page.evaluate(
            "() => { const at = document.activeElement; return [at.id, at.innerText?.trim(), at.value] }"
        )
        if text in names:
            return True
    return False
