"""Reading a post: the words a person wrote, whole, and only a complaint where something is complained of."""

import json
from typing import Any

import pytest

from messages.shapes import Report
from normalize.draft import Continuation, Draft, NotComplaint, Unreadable
from normalize.readers import twitter

ACCOUNT = "1708"
AUTHOR = "9000000001"
OTHER = "9000000002"


def read(text: str = "@Lapor1708 jalan rusak", **more: Any) -> Draft | NotComplaint:
    """What is made of a post."""
    post = {"id": "11", "author_id": AUTHOR, "text": text, "conversation_id": "11"} | more
    return twitter.read_report("application/json", json.dumps({"account": ACCOUNT, "post": post}).encode())


def report(text: str, **more: Any) -> Report:
    """The report of a post that is a complaint."""
    found = read(text, **more)
    assert isinstance(found, Draft)
    return found.report


def continuation(**more: Any) -> Continuation:
    """What a post says it continues."""
    found = read(**more)
    assert isinstance(found, Draft)
    assert found.continuation
    return found.continuation


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
def test_words_are_the_authors(text: str, expected: str) -> None:
    """Our own handle at the beginning is the envelope; everything else stays as it was written."""
    assert report(text).text == expected


@pytest.mark.parametrize("name", ["note_tweet", "note_post"])
def test_long_post_is_read_whole(name: str) -> None:
    """Of a long post `text` is only the beginning: the note is what was written, under either name."""
    assert report("@Lapor1708 jalan …", **{name: {"text": "@Lapor1708 jalan rusak di dua desa"}}).text.endswith("desa")


@pytest.mark.parametrize("note", [None, {}, {"text": ""}])
def test_note_without_words_is_none(note: object) -> None:
    """A note that says nothing takes nothing away."""
    assert report("@Lapor1708 jalan rusak", note_tweet=note).text == "jalan rusak"


def test_longest_post() -> None:
    """A post may be longer than a report: it is cut, and the whole stays under the seal."""
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
def test_tags_hide(text: str, *, anonim: bool, rahasia: bool) -> None:
    """Who tags a post so hides their name, or the report; other words do not."""
    found = report(text)
    assert (found.anonim, found.rahasia) == (anonim, rahasia)


def test_tags_of_a_long_post_hide() -> None:
    """Also where they stand behind the beginning that `text` shows."""
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
def test_what_is_no_complaint(text: str, more: dict[str, Any], reason: str) -> None:
    """Retweets, our own posts, mere publicity and nothing at all: kept, each with its reason."""
    assert read(text, **more) == NotComplaint(reason)  # type: ignore[arg-type]


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
def test_in_doubt_it_is_a_complaint(text: str, more: dict[str, Any]) -> None:
    """Any words of its own, a picture, or a quoted post that it points to: a person looks at it."""
    assert isinstance(read(text, **more), Draft)


def test_quoted_words_are_not_the_authors() -> None:
    """A quote is its author's words and the link that X put behind them; nothing of the quoted person is added."""
    found = report("@Lapor1708 di sini juga https://t.co/a1B2c3", **QUOTED)
    assert found == Report(text="di sini juga https://t.co/a1B2c3")


OWN = "https://twitter.com/warga/status/11/photo/1"
THEIRS = "https://x.com/tetangga/status/5"
NEWS = "https://warta.example/banjir"
HERE = "https://t.co/a1B2c3"


def linked(**links: str) -> dict[str, Any]:
    """Where X's short links lead."""
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
def test_links_that_name_the_author_go(text: str, more: dict[str, Any], expected: str) -> None:
    """A link to the author's own post names the author to the agency; other links are part of what was said."""
    assert report(f"@Lapor1708 {text}", **more).text == expected


def test_picture_without_words() -> None:
    """A picture alone is a complaint with words that say so; two of them are not one said twice."""
    first, second = (report(f"@Lapor1708 {HERE}", **SHOWING, id=post).text for post in ("11", "12"))
    assert first.startswith("Foto tanpa keterangan (")
    assert first != second
    earlier = QUOTED | linked(a1B2c3=OWN) | {"id": "12", "edit_history_tweet_ids": ["11", "12"]}
    assert report(f"@Lapor1708 {HERE}", **earlier).text.startswith("Kutipan tanpa keterangan (")


@pytest.mark.parametrize("entities", [None, 5, [], {"urls": None}, {"urls": {}}, {"urls": [None, {}, {"url": 5}]}])
def test_entities_of_nonsense(entities: object) -> None:
    """Where X's description of the links is none, the links stay."""
    assert report(f"@Lapor1708 rusak {HERE}", entities=entities).text == f"rusak {HERE}"


def test_contact_answers_the_post_and_its_author() -> None:
    """Where to answer: under the post, or to the account where nobody else may read."""
    found = read(id="17", conversation_id="5")
    assert isinstance(found, Draft)
    assert found.contact.model_dump(exclude_defaults=True) == {"post": "17", "account": AUTHOR}


SELF = {"in_reply_to_user_id": AUTHOR}
US = {"in_reply_to_user_id": ACCOUNT}
FOLLOWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a post of its own": ({}, "post:11", "same-thread"),
    "an edit": ({"id": "12", "edit_history_tweet_ids": ["11", "12"], "conversation_id": "12"}, "post:11", "edited"),
    "an edit, new names": ({"id": "12", "edit_history_post_ids": ["11", "12"]}, "post:11", "edited"),
    "a first version that was edited since": ({"edit_history_tweet_ids": ["11", "12"]}, "post:11", "same-thread"),
    "the next part of a thread": (SELF | {"conversation_id": "3", "to": "9"}, "post:9", "same-thread"),
    "an answer to our answer": (US | {"conversation_id": "3", "to": "9"}, "talk:3", "same-thread"),
    "below a post of ours": (US | {"conversation_id": "9", "to": "9"}, "post:11", "same-thread"),
    "below somebody else's": (
        {"in_reply_to_user_id": OTHER, "conversation_id": "3", "to": "9"}, "post:11", "same-thread"
    ),
    "nobody knows below whose": ({"conversation_id": "3", "to": "9"}, "post:11", "same-thread"),
}  # fmt: skip


@pytest.mark.parametrize(("more", "mark", "evidence"), FOLLOWS.values(), ids=FOLLOWS)
def test_what_a_post_continues(more: dict[str, Any], mark: str, evidence: str) -> None:
    """An edit its first version, a part of a thread the part before, an answer to us the matter; else only itself."""
    said = dict(more)
    if parent := said.pop("to", None):
        said["referenced_tweets"] = [{"type": "replied_to", "id": parent}]
    found = continuation(**said)
    assert (found.mark, found.evidence) == (f"x:{AUTHOR}:{mark}", evidence)


def test_marks_are_the_authors_alone() -> None:
    """Every mark names its author: nobody continues what another began."""
    found = continuation(author_id=OTHER)
    assert all(mark.startswith(f"x:{OTHER}:") for mark in (found.mark, *found.additional_marks))


BROKEN: list[bytes] = [
    b"", b"{", b"null", b"[]", b"7", b"\xff", b'{"post": null}', b'{"post": {"id": 5, "author_id": "1", "text": "x"}}',
    b'{"post": {"id": "5", "author_id": "1", "text": null}}', b"[" * 100_000,
    b'{"post": {"id": "5", "author_id": "1", "text": "x", "referenced_tweets": 5}}',
    b'{"post": {"id": "5", "author_id": "1", "text": "x", "note_tweet": []}}',
    b'{"post": {"id": "' + b"5" * 50 + b'", "author_id": "1", "text": "x"}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN)
def test_any_bytes(body: bytes) -> None:
    """What is no post is unreadable, says where, and quotes nothing."""
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
def test_what_x_leaves_out(more: dict[str, Any]) -> None:
    """A post without what X may leave out is read all the same, and continues nothing but itself."""
    assert continuation(**more).mark == f"x:{AUTHOR}:post:11"


def test_half_characters() -> None:
    """JSON can spell half a character; the text has a sign in its place."""
    assert report("@Lapor1708 lampu \ud83d mati").text == "lampu \ufffd mati"
