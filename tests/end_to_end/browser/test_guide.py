"""The guides of the desk: their pictures show the pages as they are."""

import json

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.browser.guide_pictures import LABELS, take_pictures


@pytest.mark.slow
@pytest.mark.one_kind("a training room has the embedded database")
def test_the_pictures_show_todays_pages(chromium: Browser) -> None:
    """Headings, buttons and fields are those of the pages. If not: `make guide-pictures`, and look at them."""
    labels = {picture.name: list(picture.labels) for picture in take_pictures(chromium)}
    assert labels == json.loads(LABELS.read_text(encoding="utf-8"))
