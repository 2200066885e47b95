"""Plays a liaison officer at the desk of a running service: by pages, as a browser, and by the agency's interface."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie

import requests

from accounts.invitations import NewPerson
from accounts.pages.invitation_pages import INVITATION_ADDRESS
from accounts.permissions import Role
from app.assembly.desk.accounts import build_account_services
from app.assembly.desk.api import build_agency_keys
from app.assembly.parts import Parts
from bus.errors import Retry
from desk.api.keys.scopes import SCOPES

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 60.0
_BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
_EMAIL = "sri.rahayu@instansi.example"
_QUESTION = "Di RT dan RW berapa tempatnya?"
_ANSWER = "Petugas kami datang besok pagi."
_CLOSING = "Sudah diperbaiki. Terima kasih atas laporan Anda."


@dataclass(frozen=True, slots=True)
class OfficerStep:
    """One step of the officer: the page or the address, the act, and its text."""

    by: str
    act: str
    text: str


class OfficerVisit:
    """Visit of an officer to one case. `agency` has the case with this number."""

    def __init__(self, parts: Parts, agency: str, number: str) -> None:
        self._parts = parts
        self._agency = agency
        self._number = number
        self._site = f"http://127.0.0.1:{parts.settings.port}"
        self._cookies: dict[str, str] = {}

    def run(self) -> Sequence[OfficerStep]:
        """Read, accept and ask by pages, then answer and close by the interface. Raises `Retry` if a step fails."""
        self._sign_in()
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
        response = requests.get(self._site + path, headers=self._headers(), timeout=_TIMEOUT_SECONDS)
        return _require(response, 200).text

    def _sign_in(self) -> None:
        people = build_account_services(self._parts, self._parts.audit_log.append).people
        person = NewPerson(_EMAIL, "Sri Rahayu", Role.OFFICER, self._agency)
        password = self._parts.randomness.token()
        token = people.invite(person, "demo", "demo")
        self._post(f"{INVITATION_ADDRESS}/{token}", {"sandi": password, "ulang": password})
        self._post("/desk/masuk", {"email": _EMAIL, "sandi": password})

    def _send_form(self, act: str, text: str) -> OfficerStep:
        address = f"/desk/laporan/{self._number}"
        version = re.search(r'name="versi" value="(\d+)"', self.read(address))
        fields = {"tindakan": act, "isi": text, "versi": version[1] if version else "", "langkah": "kirim"}
        self._post(f"{address}/jawab", fields)
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

    def _post(self, path: str, fields: dict[str, str]) -> None:
        response = requests.post(
            self._site + path, fields, headers=self._headers(), timeout=_TIMEOUT_SECONDS, allow_redirects=False
        )
        _require(response, 303)
        # `requests` does not send a `Secure` cookie to a loopback address, as browsers do.
        for line in response.raw.headers.getlist("Set-Cookie"):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {**_BROWSER, "Cookie": cookies}

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
