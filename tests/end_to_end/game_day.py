"""A game day: a fault is made in a running service, and the staff see it and follow the runbook."""

from pathlib import Path
from typing import Any, Protocol, TypeVar

import requests
from twilio.request_validator import RequestValidator

from tests.monitor.metrics.prometheus import Prometheus
from tests.support import program
from tests.support.service import RunningService
from tests.support.waiting import wait_for

T = TypeVar("T")
# Patience in seconds. A consumer group notices after up to thirty seconds that a member was killed.
PATIENCE_SECONDS = 120.0


class GameDay:
    """A running service as the staff see it: on the console at `port`, in `top`, and by Prometheus's alerts."""

    def __init__(self, service: RunningService, prometheus: Prometheus, port: int) -> None:
        self.service = service
        self.prometheus = prometheus
        self.port = port
        self.door = f"http://127.0.0.1:{service.settings.port}"

    def start(self) -> None:
        """Start the service and wait until there is no alert."""
        self.service.start()
        self.wait_until_quiet()

    def wait_until_quiet(self) -> None:
        """Return when the console shows no alert."""
        wait_for(self._is_quiet)

    def _is_quiet(self) -> bool:
        try:
            return self._state().get("concerns") == []
        except requests.RequestException:
            return False

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.port}/ops/state", timeout=20).json()
        return state

    def report(self, text: str = "Lampu padam di Kota Semarang") -> requests.Response:
        """Send a report by the web door."""
        return requests.post(f"{self.door}/web/reports", json={"text": text}, timeout=30)

    def send_sms(self, sid: str, token: str) -> int:
        """Send an SMS as Twilio does, signed with a token. Return the status of the answer."""
        url = f"{self.service.settings.reached_at}/sms/twilio"
        fields = {
            "MessageSid": f"{sid[:2]}{sid[2:]:0>32}",
            "From": "+628000000077",
            "To": "1708",
            "Body": "LAPOR lampu padam Kota Semarang",
        }
        signature = RequestValidator(token).compute_signature(url, fields)
        return requests.post(url, data=fields, headers={"X-Twilio-Signature": signature}, timeout=20).status_code

    def alert(self, name: str, wording: str = "") -> dict[str, Any] | None:
        """Return the alert of this name whose text contains `wording`, as the console shows it now."""
        alerts: list[dict[str, Any]] = self._state().get("concerns", [])
        return next((alert for alert in alerts if alert["name"] == name and wording in alert["text"]), None)

    def wait_for_alert(self, name: str, wording: str) -> None:
        """Wait until the alert is on the console, in `top` with the same words, and fires in Prometheus."""
        wait_for(lambda: self.alert(name, wording))
        assert wording in self.satupintu("top", "--once", "--json")
        alert_name = "".join(word.capitalize() for word in name.split("-"))
        wait_for(lambda: alert_name in {alert["labels"]["alertname"] for alert in self.prometheus.firing()})

    def wait_until_cleared(self, name: str) -> None:
        """Wait until the console does not show the alert any more."""
        wait_for(lambda: self.alert(name) is None)

    def satupintu(self, *arguments: str) -> str:
        """Run a command. Return its output."""
        return program.run(arguments, self.service.environment, Path.cwd(), check=True).stdout


class NewGameDay(Protocol):
    """Function that prepares a service, which is not started yet, and a Prometheus that scrapes it."""

    def __call__(
        self, bootstrap: str = "", port: int | None = None, other_ports: tuple[int, ...] = (), **settings: str
    ) -> GameDay:
        """`port` is the operations' port with the console; Prometheus scrapes `other_ports` too."""
        ...
