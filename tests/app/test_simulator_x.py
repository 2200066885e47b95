"""Practice X: tweepy's own clients and our door find in it what they find at X."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from app.simulator.timeline import Timeline
from ingest.twitter.client import XClient
from ingest.twitter.withdrawn_posts import withdrawn_posts_of_lookup
from tests.conftest import NOW
from tests.support.paths import SHARED
from tests.support.ports import free_port
from tests.support.practice_x import serving_x

TOKEN = "practice"
ACCOUNT = "1708"


class Practice:
    """A practice X that is being served, and the few things a test does with it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.x = XClient(url, TOKEN, ACCOUNT)

    def post(self, text: str, *, expect: int = 201, as_account: bool = False, **fields: Any) -> str:
        """Post as a citizen, or as the account; returns the id."""
        shown = "OAuth oauth_consumer_key=..." if as_account else f"Bearer {TOKEN}"
        response = requests.post(
            f"{self.url}/2/tweets", json={"text": text, **fields}, headers={"Authorization": shown}, timeout=60
        )
        assert response.status_code == expect
        return str(response.json()["data"]["id"]) if expect == 201 else ""

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        """Any request, with the token."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return requests.request(method, self.url + path, headers=headers, timeout=60, **request)

    def mentioned(self, **bounds: Any) -> list[dict[str, Any]]:
        """The posts that a poller finds, newest first."""
        posts: list[dict[str, Any]] = self.x.page(bounds.get("since"), None, bounds.get("until")).get("data", [])
        return posts


@contextmanager
def serving(path: Path) -> Iterator[Practice]:
    """Serve a timeline until the block ends."""
    url = f"http://127.0.0.1:{free_port()}"
    clock: Callable[[], datetime] = lambda: NOW  # noqa: E731 - a clock that stands still
    with serving_x(Timeline(path, clock), url, TOKEN, ACCOUNT):
        yield Practice(url)


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    """A practice X with nothing in it."""
    with serving(tmp_path / "x.jsonl") as practice_:
        yield practice_


def test_reply_is_in_the_conversation(practice: Practice) -> None:
    """A reply names what it replies to, its author, and the conversation's first post."""
    first = practice.post("@Lapor1708 satu", author_id="7")
    second = practice.post("@Lapor1708 dua", author_id="8", reply={"in_reply_to_tweet_id": first})
    practice.post("@Lapor1708 tiga", author_id="7", reply={"in_reply_to_tweet_id": second})

    third, _, _ = practice.mentioned()
    assert (third["conversation_id"], third["in_reply_to_user_id"]) == (first, "8")
    assert third["referenced_tweets"] == [{"type": "replied_to", "id": second}]


def test_edit_is_a_new_id_with_its_history(practice: Practice) -> None:
    """Of an edited post the timeline shows the last version; the earlier can still be looked up."""
    first = practice.post("@Lapor1708 satu")
    second = practice.post("@Lapor1708 satu, diralat", edit_options={"previous_post_id": first})

    (post,) = practice.mentioned()
    assert (post["id"], post["edit_history_tweet_ids"]) == (second, [first, second])
    assert [post["id"] for post in practice.x.lookup([first, second])["data"]] == [first, second]


def test_deleted_posts_are_gone_with_their_versions(practice: Practice) -> None:
    """Looked up, each is an error of its own, as X says it; the timeline does not show them."""
    first = practice.post("@Lapor1708 satu")
    second = practice.post("@Lapor1708 satu, diralat", edit_options={"previous_post_id": first})
    other_post = practice.post("@Lapor1708 dua")
    assert practice.ask("DELETE", f"/2/tweets/{second}").json() == {"data": {"deleted": True}}

    page = practice.x.lookup([first, second, other_post])
    assert [withdrawn.post_id for withdrawn in withdrawn_posts_of_lookup(page)] == [first, second]
    assert [post["id"] for post in practice.mentioned()] == [other_post]
    assert practice.ask("DELETE", f"/2/tweets/{second}").json() == {"data": {"deleted": False}}


def test_our_own_posts_are_no_mentions(practice: Practice) -> None:
    """The account posts with a signed request; what it posts is there, and is no mention of itself."""
    first = practice.post("@Lapor1708 satu")
    own_post = practice.post("Sudah kami terima.", as_account=True, reply={"in_reply_to_tweet_id": first})

    assert [post["id"] for post in practice.mentioned()] == [first]
    assert practice.x.lookup([own_post])["data"][0]["author_id"] == ACCOUNT


def test_since_and_until(practice: Practice) -> None:
    """Both bounds are left out, as at X."""
    posts = [practice.post(f"@Lapor1708 {number}") for number in range(4)]

    assert [post["id"] for post in practice.mentioned(since=posts[0], until=posts[3])] == [posts[2], posts[1]]


def test_everything_outlives_the_process(tmp_path: Path) -> None:
    """Posts, edits and deletions are in the file; a line that a power cut tore was never promised."""
    file = tmp_path / "x.jsonl"
    with serving(file) as practice:
        first = practice.post("@Lapor1708 satu")
        deleted = practice.post("@Lapor1708 dua")
        practice.ask("DELETE", f"/2/tweets/{deleted}")
        second = practice.post("@Lapor1708 satu, diralat", edit_options={"previous_post_id": first})
    with file.open("a") as torn:
        torn.write('{"ref": "x", "po')

    with serving(file) as practice:
        third = practice.post("@Lapor1708 tiga")
        assert [post["id"] for post in practice.mentioned()] == [third, second]
    with serving(file) as practice:
        assert [post["id"] for post in practice.mentioned()] == [third, second]


REFUSED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fewer than five": ("GET", "/2/users/1708/mentions", {"params": {"max_results": "4"}}),
    "more than a hundred": ("GET", "/2/users/1708/mentions", {"params": {"max_results": "101"}}),
    "since no id": ("GET", "/2/users/1708/mentions", {"params": {"since_id": "kemarin"}}),
    "no ids": ("GET", "/2/tweets", {}),
    "too many ids": ("GET", "/2/tweets", {"params": {"ids": ",".join(str(number) for number in range(101))}}),
    "no text": ("POST", "/2/tweets", {"json": {}}),
    "not JSON": ("POST", "/2/tweets", {"data": "{"}),
    "a list": ("POST", "/2/tweets", {"json": []}),
    "half a character": ("POST", "/2/tweets", {"data": '{"text": "\\ud83d"}'}),
    "a reply to nothing": ("POST", "/2/tweets", {"json": {"text": "x", "reply": {"in_reply_to_tweet_id": "5"}}}),
    "an edit of nothing": ("POST", "/2/tweets", {"json": {"text": "x", "edit_options": {"previous_post_id": "5"}}}),
    "no page": ("POST", "/practice/pages", {"json": {"data": [{"text": "x"}]}}),
}


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "request_"), REFUSED.values(), ids=REFUSED)
def test_what_x_refuses_is_refused(practice: Practice, method: str, path: str, request_: dict[str, Any]) -> None:
    """With X's own form of a problem, and nothing is kept."""
    response = practice.ask(method, path, **request_)

    assert (response.status_code, response.json()["title"]) == (400, "Invalid Request")
    assert practice.mentioned() == []


def test_without_the_token(practice: Practice) -> None:
    """Nobody posts, polls, deletes or listens without it."""
    for method, path in (("POST", "/2/tweets"), ("GET", "/2/users/1708/mentions"), ("DELETE", "/2/tweets/5")):
        assert requests.request(method, practice.url + path, timeout=60).status_code == 401


def test_recorded_pages_are_played(practice: Practice) -> None:
    """A page as X gave it is played as it is, pictures included."""
    media = {"media_key": "3_5", "type": "photo", "url": "https://pbs.twimg.com/media/x.jpg"}
    shown = {"id": "55", "author_id": "7", "text": "@Lapor1708 foto", "attachments": {"media_keys": ["3_5"]}}
    assert practice.ask("POST", "/practice/pages", json={"data": [shown], "includes": {"media": [media]}}).ok

    page = practice.x.page(None, None)
    assert (page["data"], page["includes"]) == ([shown], {"media": [media]})


@pytest.mark.skipif(not SHARED.is_dir(), reason="X's recorded answers (/work/shared) are not here")
def test_real_recorded_pages_are_played(practice: Practice) -> None:
    """X's own recorded pages, a hundred posts with retweets and media, come out as they went in."""
    recorded = json.loads((SHARED / "channels" / "x_api_v2" / "noflat.jsonl").read_text())
    assert practice.ask("POST", "/practice/pages", json=recorded).ok

    page = practice.x.page(None, None)
    assert sorted(post["id"] for post in page["data"]) == sorted(post["id"] for post in recorded["data"])
    assert page["data"][0] in recorded["data"]
