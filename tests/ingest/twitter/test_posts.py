"""What a post brings along: its versions and its pictures, however it was learned of."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from structlog.types import EventDict

from ingest.files.cleaning import MAX_FILE_BYTES
from ingest.twitter.adapter import ReceivedPost, fold_versions
from messages import ids
from messages.shapes import RawMessage
from tests.ingest.door_client import quarantined, raw_messages
from tests.ingest.people import AUTHOR, post
from tests.ingest.twitter import loopback_x as says
from tests.ingest.twitter.loopback_x import Answer
from tests.ingest.twitter.reading import Reading
from tests.support.attachments import read_content


def version(number: int, *earlier: int, **more: Any) -> dict[str, Any]:
    """A version of a post; the numbers of the earlier ones, oldest first."""
    history = [post(one)["id"] for one in (*earlier, number)]
    return post(number, edit_history_tweet_ids=history, conversation_id=history[-1]) | more


def found(reading: Reading) -> list[RawMessage]:
    """What stands on the bus."""
    return raw_messages(reading.parts, "twitter")


def test_edit_is_a_message_of_its_own(reading: Reading) -> None:
    """A version that comes after the first was kept is kept too, under the first one's id and its own."""
    reading.x.posts = [version(1)]
    reading.poll()
    reading.x.posts = [version(2, 1)]
    reading.poll()

    first, second = post(1)["id"], post(2)["id"]
    assert [raw.provider_id for raw in found(reading)] == [first, f"{first}:{second}"]
    assert len({raw.id for raw in found(reading)}) == 2


def test_last_version_wins_in_one_page(reading: Reading) -> None:
    """Several versions at once are one message with the words of the last, and the earlier are kept inside it."""
    reading.x.page_size = 100
    reading.x.posts = [version(1), post(2), version(3, 1), version(4, 1, 3)]

    assert reading.poll() == 4

    assert reading.published() == [post(2)["id"], post(4)["id"]]
    assert reading.bodies()[1]["earlier"] == [reading.x.posts[0], reading.x.posts[2]]
    assert found(reading)[1].provider_id == f"{post(1)['id']}:{post(4)['id']}"
    assert reading.store.cursor("twitter.since_id") == post(4)["id"]


def test_version_after_a_failure_is_not_lost(reading: Reading) -> None:
    """A first version was published, the place was not kept, an edit came: the next look brings it as its own."""
    reading.x.page_size = 100
    reading.x.posts = [version(1)]
    reading.poll()
    reading.store.move_cursor("twitter.since_id", "0")
    reading.x.posts = [version(1), version(2, 1)]
    reading.poll()

    assert [raw.provider_id for raw in found(reading)] == [post(1)["id"], f"{post(1)['id']}:{post(2)['id']}"]


def test_new_names_of_the_history_are_read(reading: Reading) -> None:
    """X is renaming tweets to posts: a history under either name is one."""
    reading.x.posts = [post(2, edit_history_post_ids=[post(1)["id"], post(2)["id"]])]
    reading.poll()

    assert found(reading)[0].provider_id == f"{post(1)['id']}:{post(2)['id']}"


@pytest.mark.parametrize("history", [[], None, "12", ["x"], [None], [7], {}])
def test_history_that_is_none(reading: Reading, history: object) -> None:
    """A history that cannot be read leaves the post its own id."""
    reading.x.posts = [post(2, edit_history_tweet_ids=history)]
    reading.poll()

    assert found(reading)[0].provider_id == post(2)["id"]


def test_versions_of_two_authors_are_two_posts() -> None:
    """Whatever X says: nobody's words are put inside another's."""
    other = version(2, 1, author_id="77")

    assert [one.post for one in fold_versions([ReceivedPost(version(1)), ReceivedPost(other)])] == [version(1), other]


def test_same_post_twice_in_a_page_is_twice_a_message() -> None:
    """What is equal but in its words is not guessed about: both are kept, under one id."""
    same = [version(1), version(1, text="lain")]

    assert [one.post for one in fold_versions(map(ReceivedPost, same))] == same


def test_versions_too_long_for_one_message(reading: Reading) -> None:
    """Versions that do not fit one message are several, and none is lost."""
    reading.x.page_size = 100
    reading.x.posts = [version(1, text="\U0001f6a7" * 8_000), version(2, 1, text="\U0001f6a7" * 9_000)]
    reading.poll()

    assert reading.published() == [post(1)["id"], post(2)["id"]]
    assert quarantined(reading.parts) == []


def test_broken_last_version_loses_no_earlier_one(reading: Reading) -> None:
    """A last version that is no post is kept aside, and the earlier one beside it."""
    reading.x.page_size = 100
    broken = version(2, 1)
    del broken["text"]
    reading.x.posts = [version(1), broken]
    reading.poll()

    held = [reading.parts.sealer.open(one.raw.body, one.message_id).decode() for one in quarantined(reading.parts)]
    assert [post(1)["id"] in one for one in held] == [True, True]
    assert '"text"' in held[0]


def picture(width: int = 40) -> bytes:
    """A JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (width, 30), (200, 30, 30)).save(out, "JPEG")
    return out.getvalue()


def shown(reading: Reading, *files: str, kind: str = "photo", **more: Any) -> None:
    """Let the newest post show files of the loopback X."""
    field = "url" if kind == "photo" else "preview_image_url"
    reading.x.media = [
        {"media_key": f"3_{number}", "type": kind, field: f"{reading.x.url}/media/{name}"}
        for number, name in enumerate(files)
    ]
    keys = {"media_keys": [media["media_key"] for media in reading.x.media]}
    reading.x.posts = [post(1, attachments=keys, **more)]
    for name in files:
        reading.x.files[f"/media/{name}"] = Answer(200, picture(40 + len(name)))


def test_pictures_are_kept(reading: Reading) -> None:
    """A post's pictures are fetched once, without our token, cleaned, and carried by id; X's description stays."""
    shown(reading, "a.jpg", "bb.jpg")
    reading.poll()

    (raw,) = found(reading)
    assert [kept.media_type for kept in raw.attachments] == ["image/jpeg"] * 2
    assert (raw.unfetched, reading.x.fetched) == (0, ["/media/a.jpg", "/media/bb.jpg"])
    assert all(read_content(reading.parts.engine, reading.parts.sealer, kept.id) for kept in raw.attachments)
    assert reading.bodies()[0]["media"] == reading.x.media


def test_media_are_asked_for(reading: Reading) -> None:
    """X describes a post's pictures only to who asks; authors and quoted posts, which it bills, are not asked for."""
    reading.poll()

    (asked,) = {asked["expansions"] for asked in reading.x.asked}
    assert asked == "attachments.media_keys"
    assert "url" in reading.x.asked[0]["media.fields"].split(",")


def test_only_its_own_pictures(reading: Reading) -> None:
    """Of what a page includes a post carries only what it shows itself, and nothing of others' posts and names."""
    shown(reading, "a.jpg")
    reading.x.posts.append(post(2))
    page = {"data": [*reversed(reading.x.posts)], "meta": {"result_count": 2}}
    includes = {"media": reading.x.media, "tweets": [{"id": "5", "text": "orang lain"}], "users": [{"id": "8"}]}
    reading.x.script.append(says.json_answer(page | {"includes": includes}))
    reading.poll()

    assert [set(body) for body in reading.bodies()] == [{"account", "post", "media"}, {"account", "post"}]


def test_video_has_its_picture(reading: Reading) -> None:
    """Of a video the picture is kept that stands for it, and the report says that something is missing."""
    shown(reading, "a.jpg", kind="video")
    reading.poll()

    (raw,) = found(reading)
    assert (len(raw.attachments), raw.unfetched) == (1, 1)


MISSING: dict[str, Callable[[threading.Event], Answer]] = {
    "http_404": lambda _: says.html_error(404),
    "unknown_file_type": lambda _: Answer(200, b"<html>no picture</html>"),
    "file_unreadable": lambda _: Answer(200, picture()[:100]),
    "file_too_large": lambda _: Answer(200, b"\xff" * (MAX_FILE_BYTES + 200_000), cut=True),
    "http_302": lambda _: Answer(302, b"", {"Location": "/media/other.jpg"}),
    "ChunkedEncodingError": lambda _: Answer(200, picture(), cut=True),
    "ReadTimeout": lambda released: Answer(200, b"", stall=released),
}


@pytest.mark.parametrize("cause", MISSING)
def test_picture_that_cannot_be_had(reading: Reading, cause: str, logged: list[EventDict]) -> None:
    """Whatever is wrong with a picture, the post goes on without it, and its report says that one is missing."""
    released = threading.Event()
    shown(reading, "a.jpg", "b.jpg")
    reading.x.files["/media/a.jpg"] = MISSING[cause](released)
    reading.timeout = (1.0, 0.3)

    try:
        reading.poll()
    finally:
        released.set()

    (raw,) = found(reading)
    assert (len(raw.attachments), raw.unfetched) == (1, 1)
    assert [line["cause"] for line in logged if line["event"] == "x.picture_failed"] == [cause]
    assert "/media/other.jpg" not in reading.x.fetched


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data", "http://localhost:1/a.jpg", "file:///etc/passwd", "https://[",
        "https://pbs.twimg.com@127.0.0.1/a.jpg", "https://pbs.twimg.com.jahat.example/a.jpg", "ftp://pbs.twimg.com/a",
        "http://pbs.twimg.com/media/a.jpg", "", "//", "data:image/png;base64,AAAA",
    ],
)  # fmt: skip
def test_no_other_host_is_asked(reading: Reading, place: str, logged: list[EventDict]) -> None:
    """A picture that is said to be anywhere but on X's own host, or not behind TLS, is not fetched."""
    reading.hosts = {"pbs.twimg.com"}
    shown(reading, "a.jpg")
    reading.x.media[0]["url"] = place
    reading.poll()

    (raw,) = found(reading)
    assert (raw.attachments, raw.unfetched, reading.x.fetched) == ((), 1, [])
    assert {line["cause"] for line in logged if line["event"] == "x.picture_failed"} <= {"host", "ValueError"}


def test_slow_pictures_delay_nobody_for_long(reading: Reading) -> None:
    """All pictures of a batch share twenty seconds; after them each post goes on as it is."""
    moment = iter(range(0, 10_000, 3))
    reading.clock = lambda: float(next(moment))
    shown(reading, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    reading.poll()

    (raw,) = found(reading)
    assert (len(raw.attachments), raw.unfetched) == (2, 2)


@pytest.mark.parametrize(
    "more",
    [
        {"attachments": None}, {"attachments": []}, {"attachments": {"media_keys": None}},
        {"attachments": {"media_keys": "3_0"}}, {"attachments": {"media_keys": [None, 7, {}]}},
    ],
)  # fmt: skip
def test_attachments_of_nonsense(reading: Reading, more: dict[str, Any]) -> None:
    """A post whose description of its pictures is none is a post without pictures."""
    reading.x.posts = [post(1, **more)]
    reading.poll()

    (raw,) = found(reading)
    assert (raw.attachments, raw.unfetched) == ((), 0)


@pytest.mark.parametrize("includes", [None, [], "x", {"media": None}, {"media": {}}, {"media": [None, 7, {"url": 5}]}])
def test_includes_of_nonsense(reading: Reading, includes: object) -> None:
    """A page whose includes are none loses its pictures and no post."""
    shown(reading, "a.jpg")
    page = {"data": reading.x.posts, "meta": {"result_count": 1}, "includes": includes}
    reading.x.script.append(says.json_answer(page))
    reading.poll()

    (raw,) = found(reading)
    assert (raw.attachments, raw.unfetched) == ((), 1)


def test_pictures_again_after_a_failure(reading: Reading) -> None:
    """A post that comes again brings the same pictures under the same ids."""
    shown(reading, "a.jpg")
    reading.poll()
    reading.store.move_cursor("twitter.since_id", "0")
    reading.poll()

    first, second = found(reading)
    assert first.attachments == second.attachments
    assert first.id == second.id == ids.message_id("twitter", post(1)["id"])


def test_posts_are_remembered_sealed(reading: Reading) -> None:
    """What is remembered to ask X about later names neither post nor author, unless one has our key."""
    reading.poll()

    assert set(reading.posts.all()) == {post(number)["id"] for number in range(1, 6)}
    stored = b"".join(path.read_bytes() for path in reading.parts.settings.home.glob("satupintu.db*"))
    # The last one's id is there as the place to go on from.
    told = [post(number)["id"] for number in range(1, 5)] + [AUTHOR]
    assert [one for one in told if one.encode() in stored] == []
