"""The reader for X: the text of the author, the reasons for no complaint, and the marks of threads."""

import json
from typing import Any

import pytest

from messages.shapes import Report
from normalize.draft import Continuation, Draft, NotComplaint, Unreadable
from normalize.readers import twitter

ACCOUNT = "1708"
AUTHOR = "9000000001"
OTHER_AUTHOR = "9000000002"


def read_post(text: str = "@Lapor1708 jalan rusak", **more: Any) -> Draft | NotComplaint:
    """Return the result of reading a post."""
    post = {"id": "11", "author_id": AUTHOR, "text": text, "conversation_id": "11"} | more
    return twitter.read_report("application/json", json.dumps({"account": ACCOUNT, "post": post}).encode())


def report(text: str, **more: Any) -> Report:
    """Return the report of a post that is a complaint."""
    draft = read_post(text, **more)
    assert isinstance(draft, Draft)
    return draft.report


def continuation(**more: Any) -> Continuation:
    """Return the continuation in the draft of a post."""
    draft = read_post(**more)
    assert isinstance(draft, Draft)
    assert draft.continuation
    return draft.continuation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Lapor1708 jalan rusak", "jalan rusak"),
        (".@lapor1708: jalan rusak", "jalan rusak"),
        ("@Lapor1708 @LAPOR1708 jalan rusak", "jalan rusak"),
        ("@PemkotContoh @Lapor1708 jalan rusak", "@PemkotContoh jalan rusak"),
        ("@Lapor1708 @PemkotContoh jalan rusak", "@PemkotContoh jalan rusak"),
        ("jalan rusak @Lapor1708", "jalan rusak @Lapor1708"),
        ("@Lapor1708id jalan rusak", "@Lapor1708id jalan rusak"),
        ("@Lapor1708 jalan &amp; jembatan &lt;2 m&gt;", "jalan & jembatan <2 m>"),
        ("@Lapor1708 tertulis &amp;lt; di loket", "tertulis &lt; di loket"),
        ("@Lapor1708 \U0001f621", "\U0001f621"),
        ("@Lapor1708 ꦢꦭꦤ꧀", "ꦢꦭꦤ꧀"),
        ("@Lapor1708 110", "110"),
    ],
)
def test_the_text_is_the_authors(text: str, expected: str) -> None:
    """Our own handle at the beginning is removed; everything else remains as it was written."""
    assert report(text).text == expected


@pytest.mark.parametrize("name", ["note_tweet", "note_post"])
def test_long_post_is_read_in_full(name: str) -> None:
    """The full text of a long post is its note, under either name; `text` is only the beginning."""
    assert report("@Lapor1708 jalan …", **{name: {"text": "@Lapor1708 jalan rusak di dua desa"}}).text.endswith("desa")


@pytest.mark.parametrize("note", [None, {}, {"text": ""}])
def test_empty_note_is_ignored(note: object) -> None:
    """An empty note does not replace the text."""
    assert report("@Lapor1708 jalan rusak", note_tweet=note).text == "jalan rusak"


def test_longest_post() -> None:
    """A post that is longer than a report is cut; the full post remains in the sealed message."""
    assert len(report("@Lapor1708 …", note_tweet={"text": "ya " * 8_000}).text) == 10_000


@pytest.mark.parametrize(
    ("text", "anonim", "rahasia"),
    [
        ("@Lapor1708 pungli di loket #anonim", True, False),
        ("@Lapor1708 pungli di loket #Rahasia #ANONIM", True, True),
        ("@Lapor1708 pungli \uff03rahasia", False, True),
        ("@Lapor1708 pungli, tolong rahasiakan", False, False),
        ("@Lapor1708 pungli #anonimus #rahasiaumum", False, False),
        ("@Lapor1708 pungli kode#anonim", False, False),
    ],
)
def test_tags_anonim_and_rahasia(text: str, *, anonim: bool, rahasia: bool) -> None:
    """The tags #anonim and #rahasia set the flags of the report; other words do not."""
    tagged_report = report(text)
    assert (tagged_report.anonim, tagged_report.rahasia) == (anonim, rahasia)


def test_tags_of_a_long_post() -> None:
    """A tag after the beginning that `text` has counts as well."""
    assert report("@Lapor1708 pungli …", note_tweet={"text": "@Lapor1708 pungli di loket #anonim"}).anonim


QUOTED = {"referenced_tweets": [{"type": "quoted", "id": "5"}]}
SHOWING = {"attachments": {"media_keys": ["3_1"]}}
NONE: list[tuple[str, dict[str, Any], str]] = [
    ("@Lapor1708", {}, "empty"),
    ("@Lapor1708 #lapor ", {}, "empty"),
    ("@Lapor1708 #lapor @Lapor1708", {}, "empty"),
    ("@Lapor1708 @pemkot", {}, "publicity"),
    ("@Lapor1708 #LayananPrima #lapor", {}, "publicity"),
    ("@Lapor1708 https://t.co/a1B2c3", {}, "publicity"),
    ("#Semarang @pemkot @Lapor1708 https://t.co/a1B2c3 ...", {}, "publicity"),
    ("RT @warga: @Lapor1708 banjir", {"referenced_tweets": [{"type": "retweeted", "id": "5"}]}, "retweet"),
    ("RT @warga: @Lapor1708 banjir", {"referenced_posts": [{"type": "reposted", "id": "5"}]}, "retweet"),
    ("@warga terima kasih, laporan diteruskan", {"author_id": ACCOUNT}, "own-post"),
]


@pytest.mark.parametrize(("text", "more", "reason"), NONE)
def test_posts_that_are_no_complaints(text: str, more: dict[str, Any], reason: str) -> None:
    """Retweets, our own posts, publicity and empty posts have their reasons."""
    assert read_post(text, **more) == NotComplaint(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("@Lapor1708 https://t.co/a1B2c3", QUOTED),
        ("@Lapor1708 https://t.co/a1B2c3", SHOWING),
        ("@Lapor1708 #Semarang https://t.co/a1B2c3", SHOWING),
        ("@Lapor1708 mohon ditindak https://t.co/a1B2c3", {}),
        ("@Lapor1708 #JalanRusak parah", {}),
        ("RT @warga: @Lapor1708 banjir", {}),
        ("@Lapor1708 terima kasih pak", {}),
        ("@Lapor1708 ?!", QUOTED),
    ],
)
def test_a_doubtful_post_is_a_complaint(text: str, more: dict[str, Any]) -> None:
    """A post with any own words, a picture or a quoted post is a complaint: a person looks at it."""
    assert isinstance(read_post(text, **more), Draft)


def test_a_quoted_text_is_not_taken() -> None:
    """A quoting post gives its own text and the link; nothing of the quoted post is added."""
    quoting_report = report("@Lapor1708 di sini juga https://t.co/a1B2c3", **QUOTED)
    assert quoting_report == Report(text="di sini juga https://t.co/a1B2c3")


OWN = "https://twitter.com/warga/status/11/photo/1"
THEIRS = "https://x.com/tetangga/status/5"
NEWS = "https://warta.example/banjir"
HERE = "https://t.co/a1B2c3"


def linked(**links: str) -> dict[str, Any]:
    """Return entities with the targets of X's short links."""
    return {"entities": {"urls": [{"url": f"https://t.co/{name}", "expanded_url": to} for name, to in links.items()]}}


LINKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "its own picture": (f"rusak {HERE}", SHOWING | linked(a1B2c3=OWN), "rusak "),
    "its own picture, of an earlier version": (
        f"rusak {HERE}", SHOWING | linked(a1B2c3=OWN) | {"id": "12", "edit_history_tweet_ids": ["11", "12"]}, "rusak "
    ),
    "its own picture, X does not say": (f"rusak {HERE}", SHOWING, "rusak "),
    "its own picture, behind the news": (
        f"rusak https://t.co/zz {HERE}", SHOWING | linked(a1B2c3=OWN, zz=NEWS), "rusak https://t.co/zz "
    ),
    "the news": (f"rusak {HERE}", linked(a1B2c3=NEWS), f"rusak {HERE}"),
    "the news, X does not say": (f"rusak {HERE}", {}, f"rusak {HERE}"),
    "a quoted post": (f"rusak {HERE}", QUOTED | linked(a1B2c3=THEIRS), f"rusak {HERE}"),
    "a post with a longer id": (f"rusak {HERE}", linked(a1B2c3=THEIRS.replace("5", "115")), f"rusak {HERE}"),
    "anonymous, a quoted post": (f"rusak #anonim {HERE}", QUOTED | linked(a1B2c3=THEIRS), "rusak #anonim "),
    "anonymous, X does not say": (f"rusak #anonim {HERE}", {}, "rusak #anonim "),
    "anonymous, the news": (f"rusak #anonim {HERE}", linked(a1B2c3=NEWS), f"rusak #anonim {HERE}"),
    "in a long post": (
        "rusak …", {"note_tweet": {"text": f"rusak sekali {HERE}", **linked(a1B2c3=OWN)}}, "rusak sekali "
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "more", "expected"), LINKS.values(), ids=LINKS)
def test_links_that_name_the_author_are_removed(text: str, more: dict[str, Any], expected: str) -> None:
    """A link to the author's own post would name the author to the agency; other links are part of the text."""
    assert report(f"@Lapor1708 {text}", **more).text == expected


def test_picture_without_words() -> None:
    """A post of only a picture has a placeholder text, which contains nothing of the post."""
    assert report(f"@Lapor1708 {HERE}", **SHOWING).text == "Foto tanpa keterangan"
    earlier = QUOTED | linked(a1B2c3=OWN) | {"id": "12", "edit_history_tweet_ids": ["11", "12"]}
    assert report(f"@Lapor1708 {HERE}", **earlier).text == "Kutipan tanpa keterangan"


@pytest.mark.parametrize("entities", [None, 5, [], {"urls": None}, {"urls": {}}, {"urls": [None, {}, {"url": 5}]}])
def test_links_remain_without_valid_entities(entities: object) -> None:
    """Links remain where X's description of them is invalid."""
    assert report(f"@Lapor1708 rusak {HERE}", entities=entities).text == f"rusak {HERE}"


def test_contact_answers_the_post_and_its_author() -> None:
    """The contact has the post to reply to, and the account for a private message."""
    draft = read_post(id="17", conversation_id="5")
    assert isinstance(draft, Draft)
    assert draft.contact.model_dump(exclude_defaults=True) == {"post": "17", "account": AUTHOR}


SELF = {"in_reply_to_user_id": AUTHOR}
US = {"in_reply_to_user_id": ACCOUNT}
CONTINUATIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a post of its own": ({}, "post:11", "same-thread"),
    "an edit": ({"id": "12", "edit_history_tweet_ids": ["11", "12"], "conversation_id": "12"}, "post:11", "edited"),
    "an edit, new names": ({"id": "12", "edit_history_post_ids": ["11", "12"]}, "post:11", "edited"),
    "a first version that was edited since": ({"edit_history_tweet_ids": ["11", "12"]}, "post:11", "same-thread"),
    "the next part of a thread": (SELF | {"conversation_id": "3", "to": "9"}, "post:9", "same-thread"),
    "an answer to our answer": (US | {"conversation_id": "3", "to": "9"}, "talk:3", "same-thread"),
    "below a post of ours": (US | {"conversation_id": "9", "to": "9"}, "post:11", "same-thread"),
    "below somebody else's": (
        {"in_reply_to_user_id": OTHER_AUTHOR, "conversation_id": "3", "to": "9"}, "post:11", "same-thread"
    ),
    "nobody knows below whose": ({"conversation_id": "3", "to": "9"}, "post:11", "same-thread"),
}  # fmt: skip


@pytest.mark.parametrize(("more", "mark", "evidence"), CONTINUATIONS.values(), ids=CONTINUATIONS)
def test_the_mark_of_a_post(more: dict[str, Any], mark: str, evidence: str) -> None:
    """An edit continues its first version, a part of a thread the previous part, an answer to us the conversation."""
    fields = dict(more)
    if parent := fields.pop("to", None):
        fields["referenced_tweets"] = [{"type": "replied_to", "id": parent}]
    post_continuation = continuation(**fields)
    assert (post_continuation.mark, post_continuation.evidence) == (f"x:{AUTHOR}:{mark}", evidence)


def test_every_mark_has_its_author() -> None:
    """Every mark contains its author, so nobody can continue another person's complaint."""
    post_continuation = continuation(author_id=OTHER_AUTHOR)
    marks = (post_continuation.mark, *post_continuation.additional_marks)
    assert all(mark.startswith(f"x:{OTHER_AUTHOR}:") for mark in marks)


BROKEN: list[bytes] = [
    b"", b"{", b"null", b"[]", b"7", b"\xff", b'{"post": null}', b'{"post": {"id": 5, "author_id": "1", "text": "x"}}',
    b'{"post": {"id": "5", "author_id": "1", "text": null}}', b"[" * 100_000,
    b'{"post": {"id": "5", "author_id": "1", "text": "x", "referenced_tweets": 5}}',
    b'{"post": {"id": "5", "author_id": "1", "text": "x", "note_tweet": []}}',
    b'{"post": {"id": "' + b"5" * 50 + b'", "author_id": "1", "text": "x"}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN)
def test_other_bytes_are_unreadable(body: bytes) -> None:
    """Bytes that are no post are unreadable."""
    with pytest.raises(Unreadable):
        twitter.read_report("application/json", body)


@pytest.mark.parametrize(
    "more",
    [
        {"edit_history_tweet_ids": []}, {"edit_history_tweet_ids": None}, {"edit_history_tweet_ids": [5]},
        {"referenced_tweets": None}, {"referenced_tweets": []}, {"referenced_tweets": [{}]},
        {"conversation_id": None}, {"in_reply_to_user_id": None}, {"attachments": None}, {"attachments": {}},
    ],
)  # fmt: skip
def test_missing_fields_are_allowed(more: dict[str, Any]) -> None:
    """A post without the fields that X may leave out is read, and continues only itself."""
    assert continuation(**more).mark == f"x:{AUTHOR}:post:11"


def test_half_characters_are_replaced() -> None:
    """JSON can contain half a character; the text has a replacement sign instead."""
    assert report("@Lapor1708 lampu \ud83d mati").text == "lampu \ufffd mati"
