"""Reads a mention of the account: one post of the X API v2, with the account it was found for.

The text is what its author wrote, and nothing else: of a long post the whole, of several versions the last. X adds a
link to the author's own post where that shows a picture: it goes, for it names the author to the agency. What a quoted
post says is another's words; the link to it stays where X put it (but not where the author wants to be anonymous, for
it may be their own), and the quoted person is not named. A retweet says nothing of its own, and neither does a post of
nothing but tags, links and handles, unless it shows a picture or quotes a post: then it may be a complaint, and a
person looks.
"""

import hashlib
import json
import re
import unicodedata
from typing import Any

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from messages.shapes import Contact, Report
from normalize.draft import Continuation, Draft, NotComplaint, Unreadable, unreadable_field

# The handles at the beginning are the envelope. Only ours goes: the others may name the agency that is meant.
_ENVELOPE = re.compile(r"^(?:\s*\.?@\w+[\s:,]*)+")
_OURS = re.compile(r"\.?@lapor1708\b[\s:,]*", re.IGNORECASE)
_LAPOR_TAG = re.compile(r"(?<!\w)#lapor\b", re.IGNORECASE)
# A full-width # or @ counts on X as the plain one does.
_ANONIM = re.compile(r"(?<!\w)[#\uff03]anonim\b", re.IGNORECASE)
_RAHASIA = re.compile(r"(?<!\w)[#\uff03]rahasia\b", re.IGNORECASE)
_NOT_WORDS = re.compile(r"https?://\S+|(?<!\w)[@\uff20#\uff03]\w+")
_LINK = re.compile(r"https?://t\.co/\w+")
_ON_X = re.compile(r"https?://(?:[\w-]+\.)*(?:twitter|x)\.com\b", re.IGNORECASE)
# X writes these three so, whatever its author typed.
_ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_LONGEST = 10_000


class _Note(BaseModel):
    text: str = ""
    entities: Any = None


class _Reference(BaseModel):
    type: str = ""
    id: str = ""


class _Attachments(BaseModel):
    media_keys: list[Any] | None = None


class _Post(BaseModel):
    """What is read of a post. X is renaming tweets to posts, field by field: both names are read."""

    id: str = Field(max_length=40)
    author_id: str = Field(max_length=40)
    text: str
    conversation: str | None = Field(None, validation_alias="conversation_id")
    answers: str | None = Field(None, validation_alias="in_reply_to_user_id")
    attachments: _Attachments | None = None
    entities: Any = None
    note: _Note | None = Field(None, validation_alias=AliasChoices("note_tweet", "note_post"))
    references: list[_Reference] | None = Field(
        None, validation_alias=AliasChoices("referenced_tweets", "referenced_posts")
    )
    history: list[Any] | None = Field(
        None, validation_alias=AliasChoices("edit_history_tweet_ids", "edit_history_post_ids")
    )

    def referenced(self, *types: str) -> str | None:
        """The post that this one refers to in one of these ways."""
        return next((one.id for one in self.references or () if one.type in types), None)

    @property
    def shows(self) -> bool:
        """Whether it has pictures or videos."""
        return bool(self.attachments and self.attachments.media_keys)

    @property
    def versions(self) -> set[str]:
        """The ids of this post."""
        return {self.id, *(one for one in self.history or () if isinstance(one, str))}

    @property
    def links(self) -> dict[str, str]:
        """Where X's short links lead, as far as X says."""
        return _links(self.entities) | _links(self.note.entities if self.note else None)

    @property
    def written(self) -> str:
        """The whole of what its author wrote."""
        text = (self.note.text if self.note else "") or self.text
        for escaped, plain in _ESCAPED:
            text = text.replace(escaped, plain)
        return text


class _Found(BaseModel):
    account: str = ""
    post: _Post


def read_report(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """The draft in a mention; `retweet`, `own-post`, `publicity` and `empty` are none. Raises `Unreadable`."""
    try:
        found = _Found.model_validate_json(_whole(body))
    except ValidationError as error:
        raise unreadable_field(error) from None
    except (ValueError, RecursionError):
        raise Unreadable("body") from None
    post = found.post
    if post.author_id == found.account:
        return NotComplaint("own-post")
    if post.referenced("retweeted", "reposted") is not None:
        return NotComplaint("retweet")
    said = _ENVELOPE.sub(lambda handles: _OURS.sub("", handles[0]), post.written)
    if not _LAPOR_TAG.sub("", _OURS.sub("", said)).strip():
        return NotComplaint("empty")
    points = post.shows or post.referenced("quoted") is not None
    if not points and not _has_words(said):
        return NotComplaint("publicity")
    anonim = bool(_ANONIM.search(said))
    text = _without_telling_links(post, said, anonim=anonim)[:_LONGEST]
    report = Report(text=text if text.strip() else _wordless(post), anonim=anonim, rahasia=bool(_RAHASIA.search(said)))
    return Draft(report, Contact(post=post.id, account=post.author_id), _follows(post, found.account))


def _without_telling_links(post: _Post, said: str, *, anonim: bool) -> str:
    """Without links to the author's own post; who is anonymous, without any that leads to X or X does not explain."""
    links = post.links
    own = re.compile(rf"/status(?:es)?/(?:{'|'.join(map(re.escape, post.versions))})\b")
    end = len(said.rstrip())

    def kept(link: re.Match[str]) -> str:
        leads = links.get(link[0], "")
        of_the_picture = not leads and post.shows and link.end() == end
        hidden = anonim and (not leads or _ON_X.match(leads))
        return "" if own.search(leads) or of_the_picture or hidden else link[0]

    return _LINK.sub(kept, said)


def _wordless(post: _Post) -> str:
    """A text for a post that only shows or points; no two are the same, else the second would repeat the first."""
    mark = hashlib.sha256(post.id.encode()).hexdigest()[:6]
    return f"{'Foto' if post.shows else 'Kutipan'} tanpa keterangan ({mark})"


def _links(entities: object) -> dict[str, str]:
    urls = entities.get("urls") if isinstance(entities, dict) else None
    found = [url for url in urls if isinstance(url, dict)] if isinstance(urls, list) else []
    return {str(url.get("url")): str(url.get("expanded_url") or "") for url in found}


def _has_words(said: str) -> bool:
    """Whether anything is left besides links, handles, tags and punctuation; an emoji says something."""
    left = _NOT_WORDS.sub(" ", said)
    return any(unicodedata.category(character)[0] in "LNSM" for character in left)


def _follows(post: _Post, account: str) -> Continuation:
    """An edit follows its first version, a part of a thread its author's part before it, an answer to us their matter.

    Two posts of one author below somebody else's are two matters: nothing shows that they are one.
    """
    first = post.history[0] if post.history and isinstance(post.history[0], str) else post.id
    conversation = post.conversation or first
    parent = post.referenced("replied_to")
    talk = _mark(post, "talk", conversation)
    additional_marks = (_mark(post, "post", post.id), talk)
    if post.id != first:
        return Continuation(_mark(post, "post", first), "edited", additional_marks)
    if parent and post.answers == post.author_id:
        return Continuation(_mark(post, "post", parent), "same-thread", additional_marks)
    if parent and post.answers == account and parent != conversation:
        return Continuation(talk, "same-thread", additional_marks)
    return Continuation(_mark(post, "post", first), "same-thread", additional_marks)


def _mark(post: _Post, kind: str, of: str) -> str:
    return f"x:{post.author_id}:{kind}:{of}"


def _whole(body: bytes) -> str:
    """Without half characters: JSON can spell them, UTF-8 can't."""
    text = json.dumps(json.loads(body), ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
