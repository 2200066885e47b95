"""The door and the replies of X with the stages behind them, against the practice X."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import requests

from app.assembly.doors.twitter import mention_reading
from app.assembly.reply_providers import X_REPLIES
from app.assembly.stages.sinks import reply_limits
from app.simulator.timeline import Post, Timeline
from config.settings import Settings
from ingest.twitter.door import TwitterDoor
from messages.shapes import RawMessage
from sinks.replies.outbox import ReplyOutbox
from sinks.replies.sender import ReplySender
from tests.end_to_end.dialogues.service import DialogueService, running_stages
from tests.support.ports import free_port
from tests.support.practice_x import serving_x

ACCOUNT = "1708"
_TOKEN = "x-test"
_PATIENCE_SECONDS = 30.0
_ALL_POSTS = 10_000


class XService:
    """Posts as citizens, and reads what the service posts. `stages` are the service behind the door."""

    def __init__(self, service: DialogueService, timeline: Timeline, door: TwitterDoor, sender: ReplySender) -> None:
        self.stages = service
        self._timeline = timeline
        self._door = door
        self._sender = sender
        self._refs = count()

    def post(self, text: str, author: str, below: str | None) -> RawMessage:
        """Post as an account, below the post `below` if it is given. Return the raw message of the post."""
        reply = {"reply": {"in_reply_to_tweet_id": below}} if below else {}
        response = requests.post(
            f"{self.stages.parts.settings.x_url}/2/tweets",
            json={"text": text, "author_id": author, "ref": f"dialogue {next(self._refs)}", **reply},
            headers={"Authorization": f"Bearer {_TOKEN}"},
            timeout=_PATIENCE_SECONDS,
        )
        response.raise_for_status()
        self._door.poll()
        self.stages.run()
        return self.stages.raw_message("twitter", str(response.json()["data"]["id"]))

    def send_replies(self) -> None:
        """Send every reply that is due."""
        while self._sender.step():
            pass

    def own_posts(self) -> Sequence[Post]:
        """Return the posts of the service, oldest first."""
        posts, _ = self._timeline.mentions(0, None, _ALL_POSTS)
        return [post for post in reversed(posts) if post["author_id"] == ACCOUNT]


@contextmanager
def running_x_service(settings: Settings, templates: Path) -> Iterator[XService]:
    """Run the service and the practice X until the block ends."""
    keys = dict.fromkeys(
        ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_token_secret"), "x-test-key"
    )
    practice = {"x_user_id": ACCOUNT, "x_bearer_token": _TOKEN, "x_base_url": f"http://127.0.0.1:{free_port()}"}
    with ExitStack() as stack:
        settings = Settings.model_validate(settings.model_dump() | keys | practice)
        service = stack.enter_context(running_stages(settings, templates))
        parts, stopping = service.parts, threading.Event()
        timeline = Timeline(settings.home / "practice-x.jsonl", parts.now)
        stack.enter_context(serving_x(timeline, settings.x_url, _TOKEN, ACCOUNT))
        producer = parts.bus.producer()
        stack.callback(producer.close)
        reading = mention_reading(parts.doors, producer, stopping)
        stack.callback(reading.holder.close)
        limits, outbox, key = reply_limits(settings, X_REPLIES), ReplyOutbox(parts.engine), parts.secrets.sender_key
        sender = ReplySender(
            "twitter", X_REPLIES.provider(parts.doors), limits, outbox, parts.sealer, key, parts.now, stopping
        )
        yield XService(service, timeline, reading.door, sender)
