"""A sender on X who answers with the tag hides the words at once."""

from datetime import timedelta
from typing import Any

import pytest

from ingest.twitter.adapter import ReceivedPost, TwitterAdapter
from ingest.wrap import accepted_record
from tests.conftest import NOW
from tests.sinks.public.harness import EVERYTHING, PublicPipeline, Sent

_FIRST, _ACCOUNT, _AUTHOR, _OTHER = "1900000000000001800", "1708", "9000000009", "9000000010"


def send_post(pipeline: PublicPipeline, text: str, post_id: str, author: str = _AUTHOR, **more: object) -> Sent:
    """Let a post arrive, and go through all stages."""
    post = {"id": post_id, "author_id": author, "conversation_id": _FIRST, "text": text, **more}
    adapter = TwitterAdapter(pipeline.parts.wrapper, _ACCOUNT)
    return pipeline.send_raw(accepted_record(adapter.accept(ReceivedPost(post), NOW)))


@pytest.mark.parametrize("words", ["#rahasia", "tolong #rahasia ya min", "rahasia", "Rahasia min", "mohon rahasiakan"])
def test_a_reply_with_the_tag_hides_the_words(pipeline: PublicPipeline, words: str) -> None:
    """Below our receipt, with the mark or without it. The words of somebody else hide nothing."""
    sent = send_post(pipeline, "@Lapor1708 Jalan rusak di depan pasar, Kota Semarang", _FIRST)
    pipeline.answer(sent, "accepted")
    pipeline.time += timedelta(days=1)
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 1
    receipt = {"type": "replied_to", "id": "1900000000000001899"}
    reply: dict[str, Any] = {"in_reply_to_user_id": _ACCOUNT, "referenced_tweets": [receipt]}
    send_post(pipeline, f"@Lapor1708 #rahasia jalan rusak juga {words}", "1900000000000001801", _OTHER, **reply)
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 1
    send_post(pipeline, f"@Lapor1708 {words}", "1900000000000001802", **reply)
    assert pipeline.reports.newest(EVERYTHING, 9) == []
