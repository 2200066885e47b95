"""How the invented reports of a training room enter: through the doors, each once."""

from collections.abc import Callable, Mapping
from typing import Any

import requests

from app.assembly.parts import Parts
from app.simulator.sender import Sender, SimulatedReport, tracking_in
from app.training.invented import invented_reports
from app.training.room import TrainingCase, read_room, store_cases
from bus.errors import Retry, Stop

_TIMEOUT_SECONDS = 30
_PAUSE_SECONDS = 0.5
# The doors open within seconds; while a database is created they answer 503.
_ATTEMPTS = 240


def region_of(parts: Parts, agency: str) -> str:
    """Return the name of the region that the invented reports are about.

    Raises `Stop` if the institution does not govern a city or a regency: the reports are about streets and offices.
    """
    institution = parts.registry.agencies.get(agency)
    if institution is None:
        raise Stop(f"There is no institution {agency}. `satupintu agencies NAME` lists the codes.")
    if not institution.region or not institution.parent or institution.is_former:
        raise Stop("A training room is for a city or a regency, for example kota-3374.")
    region = parts.tables.regions.get(institution.region)
    return region.name if region else institution.name


def send_reports(parts: Parts) -> None:
    """Send the reports that no door has accepted yet, and store their numbers. Raises `Retry` if none accepts them."""
    home = parts.settings.home
    room = read_room(home)
    if room is None:
        return
    cases = list(room.cases)
    region = region_of(parts, room.agency)
    for position, report in enumerate(invented_reports(), start=1):
        if all(case.key != report["key"] for case in cases):
            number = _sent(parts, lambda report=report, position=position: _send(parts, report, position, region))  # type: ignore[misc]
            cases.append(TrainingCase(key=report["key"], number=number))
            store_cases(home, room.agency, cases)


def _sent(parts: Parts, send: Callable[[], requests.Response]) -> str:
    for _ in range(_ATTEMPTS):
        try:
            answer = send()
        except requests.RequestException:
            pass
        else:
            if answer.status_code < requests.codes.bad_request and (number := tracking_in(answer)):
                return number
        parts.clock.sleep(_PAUSE_SECONDS)
    raise Retry("no door accepted the reports of the training room")


def _send(parts: Parts, report: Mapping[str, Any], position: int, region: str) -> requests.Response:
    """Send one report. Sent again it is the same message: its key and its provider's id follow from the text."""
    settings = parts.settings
    address = f"http://127.0.0.1:{settings.port}"
    if channel := report.get("channel"):
        simulated = SimulatedReport(f"training {report['key']}", f"{report['text']}, {region}", sender=position)
        token = parts.secrets.twilio_tokens[0]
        return Sender(address, settings.reached_at, token, "", "").send(channel, simulated)
    fields = {name: report[name] for name in ("title", "text", "kind", "name", "anonim", "rahasia") if name in report}
    headers = {"Idempotency-Key": f'"training-{report["key"]}"'}
    return requests.post(
        f"{address}/web/reports", json={**fields, "region": region}, headers=headers, timeout=_TIMEOUT_SECONDS
    )
