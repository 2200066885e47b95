"""From a closed case to the rating of its sender: by SMS through the real doors, stages and loopback providers."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.oversight.parts import rating_publisher
from app.assembly.queues import existing_queues
from config.database import read_transaction
from config.settings import Settings
from ingest.wrap import accepted_record
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import Channel
from sinks.replies.tables import OutboxRow
from tests.end_to_end.dialogues.service import DialogueService
from tests.end_to_end.dialogues.sms_service import TOKEN, SmsService, running_sms_service
from tests.sinks.replies.loopback_fcm import LoopbackFcm
from tests.sinks.replies.reply_harness import ReplyHarness
from tests.support import records
from tests.support.case_stages import all_cases
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio
from tests.support.reprocessing import reprocess

DAY_MINUTES = 60 * 24
PHONE, WEB_PHONE = "+628111230001", "+628111230003"
PUSH = "push-token-of-the-app"
REPORT = "Lampu jalan mati di Jalan Overste Isdiman Purwokerto Banyumas sejak Senin"
APP_REPORT = "Sampah menumpuk di Pasar Wage Purwokerto Banyumas"
WEB_REPORT = "Jembatan putus di Desa Melung Kecamatan Kedungbanteng Banyumas"
_CHANNELS: tuple[Channel, ...] = ("sms", "mobile", "web")


class Oversight:
    """Asks for ratings, and sends the replies by the providers."""

    def __init__(self, stages: DialogueService) -> None:
        self._stages = stages
        self.parts = stages.parts

    def ask(self) -> int:
        """Read all topics from the beginning and let the thread of oversight search once; return what was asked."""
        self.read()
        with closing(self.parts.bus.producer()) as producer:
            publisher = rating_publisher(self.parts, producer.publish, threading.Event())
            count = publisher.publish_due(self.parts.now())
        self._stages.run()
        return count

    def read(self) -> None:
        """Read all topics from the beginning."""
        with closing(self.parts.bus.reader()) as reader:
            topics = self.parts.consumer_groups["cases"].topics_with(existing_queues(reader))
            reprocess(all_cases(self.parts).handle, reader, topics)

    def send(self) -> None:
        """Send every reply that waits."""
        harness = ReplyHarness(self.parts.engine)
        harness.clock.at = self.parts.now()
        routes = {channel.facts.name: channel.replies for channel in CHANNELS}
        for channel in _CHANNELS:
            harness.send(routes[channel].provider(self.parts.doors), channel, sealer=self.parts.sealer)

    def states(self) -> Mapping[str, str]:
        """Return the state of the question about each report."""
        query = select(col(OutboxRow.tracking), col(OutboxRow.state)).where(col(OutboxRow.kind) == "asked-rating")
        with read_transaction(self.parts.engine) as connection:
            return {row.tracking: row.state for row in connection.execute(query)}


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A loopback Twilio."""
    with serving(LoopbackTwilio()) as server:
        yield server


@pytest.fixture
def fcm() -> Iterator[LoopbackFcm]:
    """A loopback of Google's push service."""
    with serving(LoopbackFcm()) as server:
        yield server


@pytest.fixture
def service(
    tmp_path: Path, database_settings: Mapping[str, str], templates: Path, twilio: LoopbackTwilio, fcm: LoopbackFcm
) -> Iterator[SmsService]:
    """A running SMS door with the stages behind it, and the providers."""
    account = tmp_path / "account.json"
    account.write_text(json.dumps(fcm.account))
    numbers = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_tokens": TOKEN,
        "twilio_from": "+628000001708",
        "twilio_base_url": twilio.url,
    }
    pushes = {"fcm_credentials": account, "fcm_base_url": fcm.url}
    values = {"home": tmp_path, "secret_key": "kepuasan " * 4, **database_settings, **numbers, **pushes}
    with running_sms_service(Settings.model_validate(values), templates) as running:
        yield running


@pytest.mark.slow
def test_a_closed_case_is_rated_by_its_sender(service: SmsService, twilio: LoopbackTwilio, fcm: LoopbackFcm) -> None:
    """One SMS asks a day after the closing; a digit answers it once. The app gets a notice, an unproven number nothing.

    A digit before the question and after its answer gets the help of any unclear SMS.
    """
    oversight, stages = Oversight(service.stages), service.stages
    raw, _ = service.send(f"ANONIM {REPORT}", PHONE)
    app = _app_report(service)
    web = service.report("web", WEB_REPORT, WEB_PHONE).tracking
    for number in (raw.tracking, app, web):
        stages.answer(number, "closed", "Sudah ditangani.")
    _, help_text = service.send("4", PHONE)
    assert "belum jelas" in help_text
    stages.clock.wait(DAY_MINUTES - 5)
    assert oversight.ask() == 0
    stages.clock.wait(10)
    assert oversight.ask() == 3
    assert oversight.ask() == 0
    oversight.send()
    assert oversight.states() == {raw.tracking: "sent", app: "sent", web: "withheld"}
    (question,) = [sent for sent in twilio.sends if "Bagaimana penanganan" in sent["Body"]]
    assert (question["To"], raw.tracking in question["Body"], fits_one_sms(question["Body"])) == (PHONE, True, True)
    (notice,) = [sent for sent in fcm.pushed if "penanganan laporan" in sent["notification"]["body"]]
    assert (notice["token"], app in notice["notification"]["body"]) == (PUSH, True)

    _, answer = service.send("4", PHONE)
    assert f"nilai 4 dari 5 untuk penanganan laporan {raw.tracking}" in answer
    _, answer = service.send("4", PHONE)
    assert "nilai" not in answer
    oversight.send()
    stages.clock.wait(DAY_MINUTES)
    assert oversight.ask() == 0


def _app_report(service: SmsService) -> str:
    """Report from the app, with a token for notices; return the number."""
    stages = service.stages
    device = str(uuid4())
    body = json.dumps({"device_id": device, "text": APP_REPORT, "push_token": PUSH}).encode()
    raw = stages.parts.wrapper.wrap("mobile", str(uuid4()), f"device:{device}", body, stages.clock.now(), records.JSON)
    with closing(stages.parts.bus.producer()) as producer:
        producer.publish([accepted_record(raw)])
    stages.run()
    return raw.tracking
