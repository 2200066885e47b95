"""Worker that sends the e-mails of the outbox, one after the other. While the mail server is away, all wait."""

import threading
from collections.abc import Callable

import structlog

from config.database import DatabaseUnavailable
from desk.mail.outbox import ClaimedMail, MailOutbox
from desk.mail.smtp import SmtpClient
from messages.sealing import UnsealError

# Pause in seconds after the mail server could not be reached.
_SERVER_AWAY_SECONDS = 30.0

_log = structlog.get_logger()


class MailWorker:
    """Sends until stopped. `pause` is the wait in seconds while nothing is due, `new_token` makes a lease."""

    def __init__(
        self,
        outbox: MailOutbox,
        client: SmtpClient,
        new_token: Callable[[], str],
        stopping: threading.Event,
        pause: float = 5.0,
        server_away_pause: float = _SERVER_AWAY_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._new_token = new_token
        self._stopping = stopping
        self._pause = pause
        self._server_away_pause = server_away_pause

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            seconds = self.step()
            if seconds:
                self._stopping.wait(seconds)

    def step(self) -> float:
        """Send one e-mail that is due. Return the seconds to wait before the next step. Never raises."""
        try:
            claimed = self._outbox.claim(self._new_token())
            return self._pause if claimed is None else self._send(claimed)
        except DatabaseUnavailable as error:
            _log.warning("mail.database_away", cause=str(error))
        except UnsealError:
            _log.error("mail.unreadable", setting="SATUPINTU_SECRET_KEY")
        except Exception as error:  # noqa: BLE001 - one e-mail must not end the worker; its lease delays it
            _log.error("mail.failed_unexpectedly", exc_info=error)
        return self._pause

    def _send(self, claimed: ClaimedMail) -> float:
        result = self._client.send(claimed.mail)
        outcome = self._outbox.finish(claimed, result)
        # No address: it is a person's.
        facts = {"mail_id": str(claimed.mail.id), "kind": claimed.mail.kind}
        if outcome.status == "sent":
            _log.info("mail.sent", **facts)
        elif outcome.status == "waiting":
            _log.warning("mail.postponed", error=result.error, **facts)
        else:
            _log.warning("mail.given_up", status=outcome.status, error=result.error, **facts)
        return self._server_away_pause if result.server_away else 0.0
