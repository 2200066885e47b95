"""Reads a mention of the account on X: one post of the X API v2, with the account it was found for.

The text is what the author wrote: the full text of a long post, and the last of several versions.

* X adds a link to the author's own post where that has a picture. The link is removed, because it would name the author
  to the agency.
* The text of a quoted post is not the author's. The link to it remains where X put it, and the quoted person is not
  named. For an anonymous author the link is removed as well, because the quoted post may be the author's own.
* A retweet has no text of its own and is no complaint. A post of only tags, links and handles is none either, unless it
  has a picture or quotes a post: then it may be a complaint, and a person looks at it.
"""

import json
import re
import unicodedata
from typing import Any

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from messages.shapes import Contact, Report
from normalize.draft import MAX_TEXT_LENGTH, Continuation, Draft, NotComplaint, Unreadable, unreadable_field

# The handles at the beginning. Only our own is removed: the others may name the agency that should act.
_LEADING_HANDLES = re.compile(r"^(?:\s*\.?@\w+[\s:,]*)+")
_OUR_HANDLE = re.compile(r"\.?@lapor1708\b[\s:,]*", re.IGNORECASE)
_LAPOR_TAG = re.compile(r"(?<!\w)#lapor\b", re.IGNORECASE)
# On X, a full-width # or @ has the same meaning as the plain one.
_ANONIM_TAG = re.compile(r"(?<!\w)[#\uff03]anonim\b", re.IGNORECASE)
_RAHASIA_TAG = re.compile(r"(?<!\w)[#\uff03]rahasia\b", re.IGNORECASE)
# RAHASIA as the first word behind the handles and LAPOR: in capitals or before a colon, as by SMS.
_RAHASIA_KEYWORD = re.compile(
    r"\W*(?:(?i:lapor)\b\W*)?(?:(?i:anonim)\W+(?:(?i:dan)\W+)?)?(?:RAHASIA\b|(?i:rahasia)\s*:)"
    r"|\W*(?i:lapor)\b\W*(?i:rahasia)\b"
)
# The whole answer to our receipt, which asks for this word.
_RAHASIA_ANSWER = re.compile(
    r"\W*(?:(?:tolong|mohon|minta)\s+)?[#\uff03]?rahasia(?:kan)?(?:\s+\w+){0,2}\W*", re.IGNORECASE
)
_LINK_HANDLE_OR_TAG = re.compile(r"https?://\S+|(?<!\w)[@\uff20#\uff03]\w+")
_LINK_OR_HANDLE = re.compile(r"https?://\S+|(?<!\w)[@\uff20]\w+")
_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_ON_X = re.compile(r"https?://(?:[\w-]+\.)*(?:twitter|x)\.com\b", re.IGNORECASE)
# X escapes these three characters in every text.
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
# Unicode's categories of letters, symbols, numbers and combining marks. An emoji is a symbol.
_TEXT_CATEGORIES = frozenset("LNSM")


class _Note(BaseModel):
    text: str = ""
    entities: Any = None


class _Reference(BaseModel):
    type: str = ""
    id: str = ""


class _Attachments(BaseModel):
    media_keys: list[Any] | None = None


class _Post(BaseModel):
    """The fields of a post that are read. X is renaming tweets to posts, field by field: both names are accepted."""

    id: str = Field(max_length=40)
    author_id: str = Field(max_length=40)
    text: str
    conversation_id: str | None = None
    in_reply_to_user_id: str | None = None
    attachments: _Attachments | None = None
    entities: Any = None
    note: _Note | None = Field(None, validation_alias=AliasChoices("note_tweet", "note_post"))
    references: list[_Reference] | None = Field(
        None, validation_alias=AliasChoices("referenced_tweets", "referenced_posts")
    )
    version_ids: list[Any] | None = Field(
        None, validation_alias=AliasChoices("edit_history_tweet_ids", "edit_history_post_ids")
    )

    def referenced_id(self, *types: str) -> str | None:
        """Return the id of the first post that this one refers to with one of these types."""
        return next((reference.id for reference in self.references or () if reference.type in types), None)

    @property
    def has_media(self) -> bool:
        """Return whether the post has pictures or videos."""
        return bool(self.attachments and self.attachments.media_keys)

    @property
    def first_version_id(self) -> str:
        """Return the id of the first version; an edited post gets a new id."""
        return self.version_ids[0] if self.version_ids and isinstance(self.version_ids[0], str) else self.id

    @property
    def all_version_ids(self) -> set[str]:
        """Return the ids of all versions of this post."""
        return {self.id, *(version for version in self.version_ids or () if isinstance(version, str))}

    @property
    def link_targets(self) -> dict[str, str]:
        """Return the targets of X's short links as X states them; an empty string where X states none."""
        return _link_targets(self.entities) | _link_targets(self.note.entities if self.note else None)

    @property
    def full_text(self) -> str:
        """Return the full text of the author."""
        text = (self.note.text if self.note else "") or self.text
        for escape, character in _ESCAPES:
            text = text.replace(escape, character)
        return text


class _Mention(BaseModel):
    account: str = ""
    post: _Post


def read_report(_content_type: str, body: bytes) -> Draft | NotComplaint:
    """Return the draft of a mention, or `retweet`, `own-post`, `publicity` or `empty`. Raises `Unreadable`."""
    try:
        mention = _Mention.model_validate_json(_without_half_characters(body))
    except ValidationError as error:
        raise unreadable_field(error) from None
    except (ValueError, RecursionError):
        raise Unreadable("body") from None
    post = mention.post
    text = _LEADING_HANDLES.sub(lambda handles: _OUR_HANDLE.sub("", handles[0]), post.full_text)
    if not_complaint := _not_complaint(mention, text):
        return not_complaint
    anonim = bool(_ANONIM_TAG.search(text))
    report_text = _without_identifying_links(post, text, anonim=anonim)[:MAX_TEXT_LENGTH]
    has_words = bool(report_text.strip())
    report = Report(
        text=report_text if has_words else f"{'Foto' if post.has_media else 'Kutipan'} tanpa keterangan",
        anonim=anonim,
        rahasia=_is_rahasia(text) or _asks_secrecy(mention, text),
    )
    contact = Contact(post=post.id, account=post.author_id)
    return Draft(report, contact, _continuation(post, mention.account), has_words)


def _not_complaint(mention: _Mention, text: str) -> NotComplaint | None:
    post = mention.post
    if post.author_id == mention.account:
        return NotComplaint("own-post")
    if post.referenced_id("retweeted", "reposted") is not None:
        return NotComplaint("retweet")
    if not _LAPOR_TAG.sub("", _OUR_HANDLE.sub("", text)).strip():
        return NotComplaint("empty")
    shows_or_quotes = post.has_media or post.referenced_id("quoted") is not None
    is_kept = shows_or_quotes or _has_words(text) or _asks_secrecy(mention, text)
    return None if is_kept else NotComplaint("publicity")


def _is_rahasia(text: str) -> bool:
    """Return True for the tag anywhere, or the keyword before the report, also before handles of agencies."""
    return bool(_RAHASIA_TAG.search(text) or _RAHASIA_KEYWORD.match(_LINK_OR_HANDLE.sub(" ", text)))


def _asks_secrecy(mention: _Mention, text: str) -> bool:
    """Return True for an answer to us that says only that the report is rahasia."""
    is_answer = mention.post.in_reply_to_user_id == mention.account
    return is_answer and _RAHASIA_ANSWER.fullmatch(_OUR_HANDLE.sub("", text)) is not None


def _without_identifying_links(post: _Post, text: str, *, anonim: bool) -> str:
    """Remove links to the author's own post; for an anonymous author also links to X and links without a target."""
    targets = post.link_targets
    own_post = re.compile(rf"/status(?:es)?/(?:{'|'.join(map(re.escape, post.all_version_ids))})\b")
    end = len(text.rstrip())

    def replacement(link: re.Match[str]) -> str:
        target = targets.get(link[0], "")
        is_of_own_media = not target and post.has_media and link.end() == end
        may_identify = anonim and (not target or _ON_X.match(target))
        return "" if own_post.search(target) or is_of_own_media or may_identify else link[0]

    return _SHORT_LINK.sub(replacement, text)


def _link_targets(entities: object) -> dict[str, str]:
    links = entities.get("urls") if isinstance(entities, dict) else None
    if not isinstance(links, list):
        return {}
    return {str(link.get("url")): str(link.get("expanded_url") or "") for link in links if isinstance(link, dict)}


def _has_words(text: str) -> bool:
    """Return whether anything remains besides links, handles, tags and punctuation. An emoji counts as a word."""
    remaining_text = _LINK_HANDLE_OR_TAG.sub(" ", text)
    return any(unicodedata.category(character)[0] in _TEXT_CATEGORIES for character in remaining_text)


def _continuation(post: _Post, account: str) -> Continuation:
    """Return the mark of the matter that a post belongs to.

    An edited post continues its first version, a part of a thread the part of its author before it, and an answer to us
    the author's matter in that conversation. Two posts of one author below another person's post are two matters:
    nothing shows that they are one.
    """
    first_version_id = post.first_version_id
    conversation_id = post.conversation_id or first_version_id
    parent_id = post.referenced_id("replied_to")
    conversation_mark = _mark(post, "talk", conversation_id)
    additional_marks = (_mark(post, "post", post.id), conversation_mark)
    if post.id != first_version_id:
        return Continuation(_mark(post, "post", first_version_id), "edited", additional_marks)
    if parent_id and post.in_reply_to_user_id == post.author_id:
        return Continuation(_mark(post, "post", parent_id), "same-thread", additional_marks)
    if parent_id and post.in_reply_to_user_id == account and parent_id != conversation_id:
        return Continuation(conversation_mark, "same-thread", additional_marks)
    return Continuation(_mark(post, "post", first_version_id), "same-thread", additional_marks)


def _mark(post: _Post, kind: str, post_id: str) -> str:
    return f"x:{post.author_id}:{kind}:{post_id}"


def _without_half_characters(body: bytes) -> str:
    """Return the JSON with half characters replaced: JSON can contain single surrogates, UTF-8 cannot."""
    text = json.dumps(json.loads(body), ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
