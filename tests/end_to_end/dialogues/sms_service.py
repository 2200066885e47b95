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
from messages.shapes import RawMessage
from monitor.health import ProcessHealth
from tests.end_to_end.dialogues.service import DialogueService, running_stages
from tests.ingest.door_client import DoorServer

TOKEN = "twilio-test"
_PATIENCE_SECONDS = 30.0


class SmsService:
    """Sends SMS as Twilio does. `stages` are the service behind the door."""

    def __init__(self, service: DialogueService, port: int) -> None:
        self.stages = service
        self._address = f"http://127.0.0.1:{port}/sms/twilio"

    def send(self, text: str, phone: str) -> tuple[RawMessage, str]:
        """Send an SMS. Return the raw message and the answer, "" for none; then run the stages."""
        fields = {"MessageSid": f"SM{uuid4().hex}", "From": phone, "To": "1708", "Body": text, "NumMedia": "0"}
        public_address = f"{self.stages.parts.settings.reached_at}/sms/twilio"
        signature = RequestValidator(TOKEN).compute_signature(public_address, fields)
        response = requests.post(
            self._address, data=fields, headers={"X-Twilio-Signature": signature}, timeout=_PATIENCE_SECONDS
        )
        response.raise_for_status()
        answer = ET.fromstring(response.content).findtext("Message") or ""  # noqa: S314 - our own door's answer
        self.stages.run()
        return self.stages.raw_message("sms", fields["MessageSid"]), answer


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
