"""The door of Twilio with the stages behind it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree as ET

import requests
from twilio.request_validator import RequestValidator

from app.assembly import http
from app.assembly.process_health import http_doors
from config.settings import Settings
from messages.shapes import Channel, RawMessage
from monitor.health import ProcessHealth
from tests.end_to_end.dialogues.service import DialogueService, running_stages
from tests.ingest.door_client import DoorServer

TOKEN = "twilio-test"
_PATIENCE_SECONDS = 30.0


class SmsService:
    """Sends SMS as Twilio does. `stages` are the service behind the door."""

    def __init__(self, service: DialogueService, port: int) -> None:
        self.stages = service
        self._host = f"http://127.0.0.1:{port}"

    def send(self, text: str, phone: str) -> tuple[RawMessage, str]:
        """Send an SMS. Return the raw message and the answer, "" for none; then run the stages."""
        fields = {"MessageSid": f"SM{uuid4().hex}", "From": phone, "To": "1708", "Body": text, "NumMedia": "0"}
        public_address = f"{self.stages.parts.settings.reached_at}/sms/twilio"
        signature = RequestValidator(TOKEN).compute_signature(public_address, fields)
        response = requests.post(
            f"{self._host}/sms/twilio",
            data=fields,
            headers={"X-Twilio-Signature": signature},
            timeout=_PATIENCE_SECONDS,
        )
        response.raise_for_status()
        answer = ET.fromstring(response.content).findtext("Message") or ""  # noqa: S314 - our own door's answer
        self.stages.run()
        return self.stages.raw_message("sms", fields["MessageSid"]), answer

    def report(self, channel: Channel, text: str, phone: str) -> RawMessage:
        """Send a report by web or app with a number as contact, "" for none. Return its raw message; run the stages."""
        fields, address = {"text": text, "phone": phone}, f"{self._host}/web/reports"
        if channel == "mobile":
            fields |= {"device_id": str(uuid4()), "client_id": str(uuid4())}
            address = f"{self._host}/mobile/v1/reports"
        response = requests.post(address, json=fields, timeout=_PATIENCE_SECONDS)
        response.raise_for_status()
        self.stages.run()
        return self.stages.raw_message_with(channel, response.json()["tracking"])


@contextmanager
def running_sms_service(settings: Settings, templates: Path) -> Iterator[SmsService]:
    """Run the service until the block ends."""
    with ExitStack() as stack:
        host = DoorServer()
        stack.enter_context(host.serving())
        settings = Settings.model_validate(settings.model_dump() | {"port": host.port, "twilio_auth_tokens": TOKEN})
        service = stack.enter_context(running_stages(settings, templates))
        producer = service.parts.bus.producer()
        stack.callback(producer.close)
        process_health = ProcessHealth()
        process_health.started.set()
        host.app = http.build(service.parts, producer, process_health, http_doors(service.parts))
        yield SmsService(service, host.port)
