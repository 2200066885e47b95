"""A coordinator decides if the officers of the agency get an e-mail for each new case."""

import re
from http import HTTPStatus

from tests.desk.pages.integration.site import DEWI_LABEL, HOME, RATNA, Browser, IntegrationSite
from tests.desk.pages.site import HEALTH, PLN, SARI

_CHECKED = re.compile(r'name="laporan-baru" value="1"( checked)?')


def test_the_choice_is_kept_and_recorded(any_integration: IntegrationSite, any_browser: Browser) -> None:
    """It is off until then, and that of the own agency alone."""
    integration, browser = any_integration, any_browser
    work = integration.site.parts.work
    assert _CHECKED.findall(browser.page()) == [""]
    for wanted in (True, False):
        answer = browser.client.post(f"{HOME}/email", {"laporan-baru": "1"} if wanted else {})
        assert answer.status_code == HTTPStatus.SEE_OTHER
        page = browser.client.get(answer.headers["Location"]).text
        assert "Pilihan email disimpan." in page
        assert _CHECKED.findall(page) == [" checked" if wanted else ""]
        assert (work.mails_new_cases(HEALTH), work.mails_new_cases(PLN)) == (wanted, False)
    assert integration.acts() == [("desk.mails_new_cases", DEWI_LABEL)] * 2
    integration.site.actor = RATNA
    assert _CHECKED.findall(browser.page()) == [""]


def test_an_officer_may_not_choose(any_integration: IntegrationSite, any_browser: Browser) -> None:
    """The choice is for all officers."""
    any_integration.site.actor = SARI
    answer = any_browser.client.post(f"{HOME}/email", {"laporan-baru": "1"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert not any_integration.site.parts.work.mails_new_cases(HEALTH)
