"""X's own recorded answers, read through the real door from a loopback X. The repository contains no copy of them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from normalize.draft import Draft, NotComplaint
from normalize.readers import twitter
from tests.ingest.door_client import quarantined, raw_messages
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.reading import Reading
from tests.support.arrival_ids import provider_id_of
from tests.support.paths import SHARED

RECORDED = SHARED / "channels" / "x_api_v2"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDED.is_dir(), reason="X's recorded answers (/work/shared) are not here"),
]


def pages(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the recorded pages of a file that have posts. Included posts make a second page."""
    for line in path.read_text().split("\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        page = record.get("json", record)
        posts = page.get("data") if isinstance(page, dict) else None
        listed = posts if isinstance(posts, list) else [posts]
        text_posts = [post for post in listed if isinstance(post, dict) and "text" in post]
        if text_posts:
            yield {"data": text_posts, "includes": page.get("includes"), "meta": {"result_count": len(text_posts)}}
        if included := (page.get("includes") or {}).get("tweets"):
            yield {"data": included, "includes": page["includes"], "meta": {"result_count": len(included)}}


FILES = sorted(RECORDED.glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_recorded_post(reading: Reading, path: Path) -> None:
    """Each recorded post is published or quarantined, and each published one can be read."""
    reading.hosts = set()
    posts = 0
    for page in pages(path):
        reading.store.move_cursor("twitter.since_id", "0")
        reading.x.script.append(loopback_x.json_answer(page))
        reading.poll()
        posts += len(page["data"])

    messages = raw_messages(reading.parts, "twitter")
    earlier = sum(len(body.get("earlier", ())) for body in reading.bodies())
    assert len(messages) + earlier + len(quarantined(reading.parts)) == posts
    for raw in messages:
        body = reading.parts.sealer.open(raw.body, raw.id)
        assert isinstance(twitter.read_report(raw.content_type, body), Draft | NotComplaint)


def test_reasons_of_recorded_posts(reading: Reading) -> None:
    """Of all recorded posts only retweets, publicity and posts without text are no complaints."""
    reading.hosts = set()
    counts: dict[str, int] = {}
    for page in (page for path in FILES for page in pages(path)):
        reading.store.move_cursor("twitter.since_id", "0")
        reading.x.script.append(loopback_x.json_answer(page))
        reading.poll()
    for raw in raw_messages(reading.parts, "twitter"):
        read = twitter.read_report(raw.content_type, reading.parts.sealer.open(raw.body, raw.id))
        reason = read.reason if isinstance(read, NotComplaint) else "complaint"
        counts[reason] = counts.get(reason, 0) + 1

    assert set(counts) <= {"complaint", "retweet", "publicity", "empty"}
    assert counts["complaint"] > 100
    assert counts["retweet"] > 100


def test_recorded_edits_belong_together(reading: Reading) -> None:
    """A post recorded before and after its edit is one post with two versions."""
    original, edited = (next(pages(RECORDED / f"edited_{when}.jsonl")) for when in ("before", "after"))
    for page in (original, edited):
        reading.x.script.append(loopback_x.json_answer(page))
        reading.poll()

    first, second = raw_messages(reading.parts, "twitter")
    first_id, second_id = (provider_id_of(raw, reading.parts.sealer) for raw in (first, second))
    assert second_id.startswith(f"{first_id}:")
    drafts = [
        twitter.read_report(raw.content_type, reading.parts.sealer.open(raw.body, raw.id)) for raw in (first, second)
    ]
    marks = [draft.continuation.mark for draft in drafts if isinstance(draft, Draft) and draft.continuation]
    assert marks == [marks[0]] * 2
