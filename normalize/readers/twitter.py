"""Reads a mention of the account: one post of the X API v2, with the account it was found for."""

import json
import re
from typing import Any

from messages.shapes import Contact, Report
from normalize.draft import Draft, NotComplaint, Unreadable

# Handles at the beginning say who is spoken to, as a letter's envelope does.
_ADDRESS = re.compile(r"^(?:\s*\.?@\w{1,15}\b[\s:,]*)+")
_LAPOR_TAG = re.compile(r"#lapor\b", re.IGNORECASE)


def read(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """The draft in a mention; `retweet`, `own-post` and `empty` are none. Raises `Unreadable`."""
    try:
        found = json.loads(body)
        post: dict[str, Any] = found["post"]
        post_id, author = str(post["id"]), str(post["author_id"])
        text = _whole(str((post.get("note_tweet") or post.get("note_post") or post)["text"]))
        references = post.get("referenced_tweets") or post.get("referenced_posts") or []
        retweet = any(reference.get("type") in {"retweeted", "reposted"} for reference in references)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(str(error) if isinstance(error, KeyError) else "post") from None
    if author == str(found.get("account")):
        return NotComplaint("own-post")
    if retweet:
        return NotComplaint("retweet")
    said = _ADDRESS.sub("", text)
    if not _LAPOR_TAG.sub("", said).strip():
        return NotComplaint("empty")
    return Draft(Report(text=said[:10_000]), Contact(post=post_id))


def _whole(text: str) -> str:
    """Without half characters: JSON can spell them, UTF-8 can't."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
