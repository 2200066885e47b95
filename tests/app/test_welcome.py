"""The text that `run` prints first: its commands work, and it holds no secret."""

import re
import subprocess
from urllib.parse import urlencode

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.welcome import welcome
from config.settings import Settings
from ingest.arrival import Arrival
from ingest.sms.adapter import Sms, SmsAdapter
from tests.conftest import NOW


def test_no_token_is_printed(settings: Settings) -> None:
    """The practice X's token is read by the printed command. The text itself often ends in a log."""
    changed = {"x_bearer_token": "", "x_base_url": "", "twilio_auth_tokens": ""}
    parts = Parts(Settings.model_validate(settings.model_dump() | changed), CHANNELS)
    text = welcome(parts)

    secrets = (parts.secrets.x_token, *parts.secrets.twilio_tokens, settings.secret_key.get_secret_value())
    assert [secret for secret in secrets if secret in text] == []
    match = re.search(r'Bearer (\$\(.*\))"', text)
    assert match
    printed = subprocess.run(["sh", "-c", f"echo {match[1]}"], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == parts.secrets.x_token


def test_the_sms_example_is_valid(parts: Parts) -> None:
    """The door accepts the SMS of the example: its signature is valid, and each field has its form."""
    text = welcome(parts)
    signature = re.search(r"X-Twilio-Signature: ([^']+)'", text)
    assert signature
    fields = dict(pair.split("=", 1) for pair in re.findall(r"--data-urlencode '([^']+)'", text))
    headers = {"x-twilio-signature": signature[1], "content-type": "application/x-www-form-urlencoded"}
    arrival = Arrival("/sms/twilio", headers, urlencode(fields).encode(), NOW)
    adapter = SmsAdapter(parts.wrapper, parts.settings.reached_at, parts.secrets.twilio_tokens)

    assert isinstance(adapter.accept(arrival), Sms)
