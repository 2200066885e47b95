"""X's own recorded answers, read through the real door from a loopback X. Nothing of them is copied."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.twitter.withdrawn_posts import compliance_events, withdrawn_post_of_event
from normalize.draft import Draft, NotComplaint
from normalize.readers import twitter
from tests.ingest.door_client import quarantined, raw_messages
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.loopback_x import Stream
from tests.ingest.twitter.reading import Reading
from tests.support.paths import SHARED

RECORDED = SHARED / "channels" / "x_api_v2"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="X's recorded answers (/work/shared) are not here")


def pages(path: Path) -> Iterator[Mapping[str, Any]]:
    """The recorded answers of a file that have posts; what they include besides makes a second page."""
    for line in path.read_text().split("\n"):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        page = said.get("json", said)
        posts = page.get("data") if isinstance(page, dict) else None
        listed = posts if isinstance(posts, list) else [posts]
        found = [post for post in listed if isinstance(post, dict) and "text" in post]
        if found:
            yield {"data": found, "includes": page.get("includes"), "meta": {"result_count": len(found)}}
        if included := (page.get("includes") or {}).get("tweets"):
            yield {"data": included, "includes": page["includes"], "meta": {"result_count": len(included)}}


FILES = sorted(RECORDED.glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_recorded_post(reading: Reading, path: Path) -> None:
    """Each recorded post, in whatever answer, is on the bus or in quarantine, and what is on the bus can be read."""
    reading.hosts = set()
    posts = 0
    for page in pages(path):
        reading.store.move_cursor("twitter.since_id", "0")
        reading.x.script.append(says.json_answer(page))
        reading.poll()
        posts += len(page["data"])

    kept = raw_messages(reading.parts, "twitter")
    earlier = sum(len(body.get("earlier", ())) for body in reading.bodies())
    assert len(kept) + earlier + len(quarantined(reading.parts)) == posts
    for raw in kept:
        body = reading.parts.sealer.open(raw.body, raw.id)
        assert isinstance(twitter.read_report(raw.content_type, body), Draft | NotComplaint)


def test_recorded_posts_are_complaints_or_say_why_not(reading: Reading) -> None:
    """Of all recorded posts only retweets and posts without words are set aside, and no other reason comes up."""
    reading.hosts = set()
    found: dict[str, int] = {}
    for page in (page for path in FILES for page in pages(path)):
        reading.store.move_cursor("twitter.since_id", "0")
        reading.x.script.append(says.json_answer(page))
        reading.poll()
    for raw in raw_messages(reading.parts, "twitter"):
        read = twitter.read_report(raw.content_type, reading.parts.sealer.open(raw.body, raw.id))
        reason = read.reason if isinstance(read, NotComplaint) else "complaint"
        found[reason] = found.get(reason, 0) + 1

    assert set(found) <= {"complaint", "retweet", "publicity", "empty"}
    assert found["complaint"] > 100
    assert found["retweet"] > 100


def test_recorded_edits_belong_together(reading: Reading) -> None:
    """An edited post that was recorded before and after the edit is one post with two versions."""
    before, after = (next(pages(RECORDED / f"edited_{when}.jsonl")) for when in ("before", "after"))
    for page in (before, after):
        reading.x.script.append(says.json_answer(page))
        reading.poll()

    first, second = raw_messages(reading.parts, "twitter")
    assert second.provider_id.startswith(f"{first.provider_id}:")
    drafts = [
        twitter.read_report(raw.content_type, reading.parts.sealer.open(raw.body, raw.id)) for raw in (first, second)
    ]
    marks = [draft.continuation.mark for draft in drafts if isinstance(draft, Draft) and draft.continuation]
    assert marks == [marks[0]] * 2


def test_recorded_stream(reading: Reading) -> None:
    """A recorded stream with a broken line in it: every whole line is published, the broken one is kept aside."""
    reading.hosts = set()
    lines = (RECORDED / "streaming_output_with_error.jsonl").read_bytes().splitlines()
    reading.x.streams.append(Stream(tuple(line + b"\r\n" for line in lines)))
    reading.stream().listen()

    whole = [line for line in lines if _is_json(line)]
    assert 0 < len(whole) < len(lines)
    assert len(raw_messages(reading.parts, "twitter")) == len(whole)
    assert len(quarantined(reading.parts)) == len(lines) - len(whole)


def test_recorded_compliance_events() -> None:
    """What X says of deleted and protected posts, as it was recorded, is understood line by line."""
    text = (RECORDED / "tweets_compliance.jsonl").read_text()
    events = list(compliance_events(text))

    assert len(events) == len([line for line in text.splitlines() if line.strip()])
    assert {gone.reason for event in events if (gone := withdrawn_post_of_event(event))} == {"protected", "deleted"}


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
