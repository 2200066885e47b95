"""The text that `run` prints first: the addresses, and an example command for each channel."""

import shlex
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

from app.assembly.parts import Parts
from config.secrets import SECRETS_FILE


def welcome(parts: Parts) -> str:
    """Return addresses and examples. The SMS example has a valid signature, made with this service's own token."""
    settings = parts.settings
    site = f"http://127.0.0.1:{settings.port}"
    lines = [
        f"Form      {site}/lapor",
        f"Status    {site}/status",
        f"Desk      {settings.desk_reached_at}/desk",
        f"Health    {site}/live  {site}/ready",
        f"API       {site}/openapi.json",
        f"Console   http://127.0.0.1:{settings.ops_port_of(('monitor',))}/ops",
        "",
        "Try each channel from another terminal:",
        f"""  curl -s {site}/web/reports -H 'content-type: application/json' \\
       -d '{{"text": "Lampu jalan padam", "region": "Kota Semarang"}}'""",
        f"  {_sms_example(parts, site)}",
        f"""  curl -s {site}/mobile/v1/reports -H 'content-type: application/json' -H 'Idempotency-Key: "1"' \\
       -d '{{"text": "Antrean paspor lama", "device_id": "00000000-0000-4000-8000-000000000001"}}'""",
    ]
    if settings.practice_x:
        # The output often ends in a log, so the token is read from its file by the command.
        token = f"""$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["x"])' {_secrets_file(parts)})"""
        lines.append(
            f"""  curl -s {settings.x_url}/2/tweets -H "authorization: Bearer {token}" """
            """-d '{"text": "@Lapor1708 KTP saya belum jadi, Kota Bandung #lapor"}'"""
        )
    elif not settings.has_x:
        lines.append("  (Twitter: not read, because SATUPINTU_X_BEARER_TOKEN is not set)")
    else:
        lines.append(f"  (Twitter: mentions are read from {urlsplit(settings.x_url).hostname})")
    return "\n".join([*lines, ""])


def _secrets_file(parts: Parts) -> str:
    return shlex.quote(str((parts.settings.home / SECRETS_FILE).resolve()))


def _sms_example(parts: Parts, site: str) -> str:
    fields = {
        "MessageSid": f"SM{1:032x}",
        "From": "+628000000001",
        "To": "1708",
        "Body": "LAPOR jalan rusak di Kab. Sleman",
    }
    url = f"{parts.settings.reached_at}/sms/twilio"
    signature = RequestValidator(parts.secrets.twilio_tokens[0]).compute_signature(url, fields)
    data = " ".join(f"--data-urlencode '{name}={value}'" for name, value in fields.items())
    return f"curl -s {site}/sms/twilio -H 'X-Twilio-Signature: {signature}' \\\n       {data}"
