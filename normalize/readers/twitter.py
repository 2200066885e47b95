"""Reads a mention of the account: one post of the X API v2, with the account it was found for."""

import json
import re

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from messages.shapes import Contact, Report
from normalize.draft import Draft, NotComplaint, Unreadable, unreadable

# Our own handle at the beginning is the envelope. Other handles stay: they may name the agency that is meant.
_ADDRESS = re.compile(r"^(?:\s*\.?@lapor1708\b[\s:,]*)+", re.IGNORECASE)
_LAPOR_TAG = re.compile(r"#lapor\b", re.IGNORECASE)


class _Note(BaseModel):
    text: str


class _Reference(BaseModel):
    type: str = ""


class _Post(BaseModel):
    """What is read of a post. X is renaming tweets to posts, field by field: both names are read."""

    id: str = Field(max_length=40)
    author_id: str
    text: str
    note: _Note | None = Field(None, validation_alias=AliasChoices("note_tweet", "note_post"))
    references: list[_Reference] = Field([], validation_alias=AliasChoices("referenced_tweets", "referenced_posts"))


class _Found(BaseModel):
    account: str = ""
    post: _Post


def read(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """The draft in a mention; `retweet`, `own-post` and `empty` are none. Raises `Unreadable`."""
    try:
        found = _Found.model_validate_json(_whole(body))
    except ValidationError as error:
        raise unreadable(error) from None
    except (ValueError, RecursionError):
        raise Unreadable("body") from None
    post = found.post
    if post.author_id == found.account:
        return NotComplaint("own-post")
    if any(reference.type in {"retweeted", "reposted"} for reference in post.references):
        return NotComplaint("retweet")
    said = _ADDRESS.sub("", post.note.text if post.note else post.text)
    if not _LAPOR_TAG.sub("", said).strip():
        return NotComplaint("empty")
    return Draft(Report(text=said[:10_000]), Contact(post=post.id))


def _whole(body: bytes) -> str:
    """Without half characters: JSON can spell them, UTF-8 can't."""
    text = json.dumps(json.loads(body), ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
