"""Plays liaison officers at the desk of a running service: one at a counter, one with a case by pages and interface."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie

import requests

from accounts.invitations import NewPerson
from accounts.pages.invitation_pages import INVITATION_ADDRESS
from accounts.permissions import Role
from app.assembly.desk.accounts import build_account_services
from app.assembly.desk.api import build_agency_keys
from app.assembly.parts import Parts
from app.simulator.sender import SimulatedReport
from bus.errors import Retry
from desk.api.keys.scopes import SCOPES
from pages.addresses import COUNTER

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 60.0
_BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
_QUESTION = "Di RT dan RW berapa tempatnya?"
_ANSWER = "Petugas kami datang besok pagi."
_CLOSING = "Sudah diperbaiki. Terima kasih atas laporan Anda."


@dataclass(frozen=True, slots=True)
class OfficerStep:
    """One step of the officer: the page or the address, the act, and its text."""

    by: str
    act: str
    text: str


class OfficerBrowser:
    """Browser of an officer of an agency. `sign_in` opens the account, which must be done once."""

    def __init__(self, parts: Parts, agency: str, name: str) -> None:
        self._parts = parts
        self._agency = agency
        self._name = name
        self._site = f"http://127.0.0.1:{parts.settings.port}"
        self._cookies: dict[str, str] = {}

    def sign_in(self) -> None:
        """Accept an invitation, and sign in. Raises `Retry` if a step fails."""
        people = build_account_services(self._parts, self._parts.audit_log.append).people
        email = f"{self._name.lower().replace(' ', '.')}@instansi.example"
        password = self._parts.randomness.token()
        token = people.invite(NewPerson(email, self._name, Role.OFFICER, self._agency), "demo", "demo")
        self.post(f"{INVITATION_ADDRESS}/{token}", {"sandi": password, "ulang": password})
        self.post("/desk/masuk", {"email": email, "sandi": password})

    def read(self, path: str) -> str:
        """Return a page of the desk. Raises `Retry` if it is refused."""
        response = requests.get(self._site + path, headers=self._headers(), timeout=_TIMEOUT_SECONDS)
        return _require(response, requests.codes.ok).text

    def post(self, path: str, fields: Mapping[str, str]) -> None:
        """Send a form that leads to another page. Raises `Retry` if it does not."""
        _require(self.send(path, fields), requests.codes.see_other)

    def send(self, path: str, fields: Mapping[str, str]) -> requests.Response:
        """Send a form, and return the answer."""
        response = requests.post(
            self._site + path, fields, headers=self._headers(), timeout=_TIMEOUT_SECONDS, allow_redirects=False
        )
        # `requests` does not send a `Secure` cookie to a loopback address, as browsers do.
        for line in response.raw.headers.getlist("Set-Cookie"):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return response

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {**_BROWSER, "Cookie": cookies}


class Counter:
    """Counter of an agency: an officer, who signs in before the first report, enters what citizens tell."""

    def __init__(self, parts: Parts, agency: str) -> None:
        self._browser = OfficerBrowser(parts, agency, "Budi Santoso")
        self._forms: dict[str, Mapping[str, str]] = {}

    def enter(self, report: SimulatedReport) -> requests.Response:
        """Send the form of a report. Sent again, the same report is the same form."""
        if not self._forms:
            self._browser.sign_in()
        if report.ref not in self._forms:
            page = self._browser.read(COUNTER)
            self._forms[report.ref] = dict(re.findall(r'name="(form_id|stamp)" value="([^"]+)"', page))
        told = {"text": report.text, "region": report.region, "phone": report.phone}
        return self._browser.send(COUNTER, {**self._forms[report.ref], "counter_way": "visit", **told})


class OfficerVisit:
    """Visit of an officer to one case. `agency` has the case with this number."""

    def __init__(self, parts: Parts, agency: str, number: str) -> None:
        self._parts = parts
        self._agency = agency
        self._number = number
        self._site = f"http://127.0.0.1:{parts.settings.port}"
        self._browser = OfficerBrowser(parts, agency, "Sri Rahayu")

    def run(self) -> Sequence[OfficerStep]:
        """Read, accept and ask by pages, then answer and close by the interface. Raises `Retry` if a step fails."""
        self._browser.sign_in()
        self._wait_for(lambda: self._number in self.read("/desk/laporan?tab=baru"))
        steps = [
            OfficerStep("/desk", "reads", ""),
            self._send_form("terima", ""),
            self._send_form("minta-keterangan", _QUESTION),
        ]
        key = build_agency_keys(self._parts, self._parts.audit_log.append)
        _, text = key.issue(self._agency, SCOPES, "demo", "demo")
        authorization = {"Authorization": f"Bearer {text}"}
        self._wait_for(lambda: self._listed_state(authorization) == "tunda")
        steps.append(OfficerStep("/agency/v1", "reads", ""))
        steps += [self._answer(authorization, "responded", _ANSWER), self._answer(authorization, "closed", _CLOSING)]
        return steps

    def read(self, path: str) -> str:
        """Return a page of the desk, as the officer who has signed in reads it. Raises `Retry` if it is refused."""
        return self._browser.read(path)

    def _send_form(self, act: str, text: str) -> OfficerStep:
        address = f"/desk/laporan/{self._number}"
        version = re.search(r'name="versi" value="(\d+)"', self.read(address))
        fields = {"tindakan": act, "isi": text, "versi": version[1] if version else "", "langkah": "kirim"}
        self._browser.post(f"{address}/jawab", fields)
        return OfficerStep("/desk", act, text)

    def _answer(self, authorization: dict[str, str], verdict: str, text: str) -> OfficerStep:
        address = f"{self._site}/agency/v1/cases/{self._number}/answers"
        answer = {"verdict": verdict, "text": text}
        _require(requests.post(address, json=answer, headers=authorization, timeout=_TIMEOUT_SECONDS), 201)
        return OfficerStep("/agency/v1", verdict, text)

    def _listed_state(self, authorization: dict[str, str]) -> str:
        answer = requests.get(f"{self._site}/agency/v1/cases", headers=authorization, timeout=_TIMEOUT_SECONDS)
        states = {case["number"]: str(case["state"]) for case in answer.json()["cases"]}
        return states.get(self._number, "")

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = self._parts.clock.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if self._parts.clock.monotonic() > deadline:
                raise Retry(f"{self._number} did not come to the desk within {_PATIENCE_SECONDS:.0f} s")
            self._parts.clock.sleep(0.1)


def _require(response: requests.Response, status: int) -> requests.Response:
    if response.status_code != status:
        raise Retry(f"{response.request.method} {response.request.path_url} answered {response.status_code}")
    return response
