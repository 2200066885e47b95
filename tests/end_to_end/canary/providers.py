"""The providers and programs around the service: each is on loopback and keeps what it received."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.clock import utc_now
from app.simulator.timeline import Timeline
from tests.desk.mail.mail_server import MailServer, mail_server
from tests.desk.webhooks.receiver import LOOPBACK, Receiver
from tests.sinks.replies.loopback_fcm import LoopbackFcm
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio
from tests.support.ports import free_port
from tests.support.practice_x import serving_x

X_TOKEN, X_ACCOUNT = "token-of-x", "1708"


@dataclass
class Providers:
    """What is outside of the service. `folder` has the posts on X, which are the senders' own."""

    folder: Path
    twilio: LoopbackTwilio = field(default_factory=LoopbackTwilio)
    fcm: LoopbackFcm = field(default_factory=LoopbackFcm)
    receiver: Receiver = field(default_factory=Receiver)
    mails: MailServer = field(default_factory=MailServer)
    x_url: str = ""

    @property
    def settings(self) -> Mapping[str, str]:
        """Settings of a service that uses them."""
        account = self.folder / "service-account.json"
        account.write_text(json.dumps(self.fcm.account))
        x_keys = dict.fromkeys(
            ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_token_secret"), "a key of X"
        )
        return {
            "twilio_account_sid": ACCOUNT, "twilio_auth_tokens": TOKEN, "twilio_from": "+628000001708",
            "twilio_base_url": self.twilio.url, "fcm_credentials": str(account), "fcm_base_url": self.fcm.url,
            "smtp_host": "127.0.0.1", "smtp_port": str(self.mails.port), "smtp_security": "none",
            "smtp_from": "satu-pintu@lapor.example", "operator_email": "pelindungan@lapor.example",
            "webhook_allow_http": "true", "webhook_allowed_networks": LOOPBACK,
            "x_base_url": self.x_url, "x_bearer_token": X_TOKEN, **x_keys,
        }  # fmt: skip

    def received(self) -> Mapping[str, bytes]:
        """Return what each provider and receiver got from the service, by its place in the written list."""
        mails = (f"{mail}\n{mail.get_body().get_content() if mail.get_body() else ''}" for mail in self.mails.messages)  # type: ignore[union-attr]
        to_officers: list[str] = []
        to_senders: list[str] = []
        for text in mails:
            (to_officers if "@instansi.example" in text else to_senders).append(text)
        sent_posts = (post for post in self._posts() if str(post.get("author_id")) == X_ACCOUNT)
        return {
            "provider: SMS": b"\n".join(request.body for request in self.twilio.requests if request.method == "POST"),
            "provider: push": json.dumps(self.fcm.pushed).encode(),
            "provider: X": json.dumps(list(sent_posts)).encode(),
            "mail: senders": "\n".join(to_senders).encode(),
            "mail: officers": "\n".join(to_officers).encode(),
            "webhook": b"\n".join(
                b"%s %s" % (json.dumps(request.headers).encode(), request.body) for request in self.receiver.requests
            ),
        }

    def _posts(self) -> Iterator[Mapping[str, object]]:
        path = self.folder / "practice-x.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            yield json.loads(line).get("post") or {}


@contextmanager
def serving_providers(folder: Path) -> Iterator[Providers]:
    """Serve all providers until the block ends."""
    with ExitStack() as stack:
        providers = Providers(folder, x_url=f"http://127.0.0.1:{free_port()}")
        for provider in (providers.twilio, providers.fcm, providers.receiver):
            stack.enter_context(serving(provider))
        providers.mails = stack.enter_context(mail_server())
        timeline = Timeline(folder / "practice-x.jsonl", utc_now)
        stack.enter_context(serving_x(timeline, providers.x_url, X_TOKEN, X_ACCOUNT))
        yield providers
