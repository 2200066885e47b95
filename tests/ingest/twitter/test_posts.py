"""Versions and pictures of a post."""

import io
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from PIL import Image
from structlog.types import EventDict

from ingest.twitter.adapter import ReceivedPost, fold_versions
from messages.shapes import RawMessage
from pages.files.cleaning import MAX_FILE_BYTES
from tests.ingest.door_client import quarantined, raw_messages
from tests.ingest.people import AUTHOR, post
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.loopback_x import Answer
from tests.ingest.twitter.reading import Reading
from tests.support.arrival_ids import arrival_id, provider_id_of
from tests.support.attachments import read_content


def version(number: int, *earlier: int, **more: Any) -> dict[str, Any]:
    """Return a version of a post. `earlier` are the numbers of the earlier versions, oldest first."""
    history = [post(version_number)["id"] for version_number in (*earlier, number)]
    return post(number, edit_history_tweet_ids=history, conversation_id=history[-1]) | more


def messages(reading: Reading) -> list[RawMessage]:
    """Return the messages on the bus."""
    return raw_messages(reading.parts, "twitter")


def provider_ids(reading: Reading) -> list[str]:
    """Return the ids by which X's posts became messages."""
    return [provider_id_of(raw, reading.parts.sealer) for raw in messages(reading)]


def test_edit_is_a_message_of_its_own(reading: Reading) -> None:
    """A version after a published first version is a message whose id contains both ids."""
    reading.x.posts = [version(1)]
    reading.poll()
    reading.x.posts = [version(2, 1)]
    reading.poll()

    first, second = post(1)["id"], post(2)["id"]
    assert provider_ids(reading) == [first, f"{first}:{second}"]
    assert len({raw.id for raw in messages(reading)}) == 2


def test_no_record_has_the_id_of_a_post_in_clear(reading: Reading) -> None:
    """Anybody finds the author of a post by its id. It is in the sealed body alone, which nobody opens once the author
    is forgotten; also in quarantine.
    """
    reading.x.posts = [version(1), version(2, 1), post(3) | {"text": None}]
    reading.poll()
    reading.x.posts = [version(4, 1, 2)]
    reading.poll()
    with closing(reading.parts.bus.reader()) as reader:
        records = list(reader.read([spec.name for spec in reader.topics()]))
    assert {record.topic for record in records} >= {"raw-twitter", "quarantine"}
    clear = b" ".join(record.key + record.value + repr(record.headers).encode() for record in records)
    ids = [post(number)["id"] for number in range(1, 5)]
    assert [post_id for post_id in ids if post_id.encode() in clear] == []
    assert provider_ids(reading) == [f"{ids[0]}:{ids[1]}", f"{ids[0]}:{ids[3]}"]


def test_last_version_wins_in_one_page(reading: Reading) -> None:
    """Several versions at once are one message with the last text; it contains the earlier versions."""
    reading.x.page_size = 100
    reading.x.posts = [version(1), post(2), version(3, 1), version(4, 1, 3)]

    assert reading.poll() == 4

    assert reading.published() == [post(2)["id"], post(4)["id"]]
    assert reading.bodies()[1]["earlier"] == [reading.x.posts[0], reading.x.posts[2]]
    assert provider_ids(reading)[1] == f"{post(1)['id']}:{post(4)['id']}"
    assert reading.store.cursor("twitter.since_id") == post(4)["id"]


def test_version_after_a_failure_is_not_lost(reading: Reading) -> None:
    """If the cursor was not stored and an edit follows, the next poll publishes the edit as its own message."""
    reading.x.page_size = 100
    reading.x.posts = [version(1)]
    reading.poll()
    reading.store.move_cursor("twitter.since_id", "0")
    reading.x.posts = [version(1), version(2, 1)]
    reading.poll()

    assert provider_ids(reading) == [post(1)["id"], f"{post(1)['id']}:{post(2)['id']}"]


def test_new_names_of_the_history_are_read(reading: Reading) -> None:
    """X is renaming tweets to posts: a history under either name is read."""
    reading.x.posts = [post(2, edit_history_post_ids=[post(1)["id"], post(2)["id"]])]
    reading.poll()

    assert provider_ids(reading)[0] == f"{post(1)['id']}:{post(2)['id']}"


@pytest.mark.parametrize("history", [[], None, "12", ["x"], [None], [7], {}])
def test_invalid_history(reading: Reading, history: object) -> None:
    """A post with an unreadable history has its own id."""
    reading.x.posts = [post(2, edit_history_tweet_ids=history)]
    reading.poll()

    assert messages(reading)[0].id == arrival_id("twitter", post(2)["id"])


def test_versions_of_two_authors_are_two_posts() -> None:
    """Posts of two authors are never folded into one message."""
    of_another_author = version(2, 1, author_id="77")

    assert [
        received.post for received in fold_versions([ReceivedPost(version(1)), ReceivedPost(of_another_author)])
    ] == [version(1), of_another_author]


def test_same_post_twice_in_a_page_is_twice_a_message() -> None:
    """Two equal ids with different texts are both published, under one id."""
    versions = [version(1), version(1, text="lain")]

    assert [received.post for received in fold_versions(map(ReceivedPost, versions))] == versions


def test_versions_too_long_for_one_message(reading: Reading) -> None:
    """Versions that do not fit one message are several messages; none is lost."""
    reading.x.page_size = 100
    reading.x.posts = [version(1, text="\U0001f6a7" * 8_000), version(2, 1, text="\U0001f6a7" * 9_000)]
    reading.poll()

    assert reading.published() == [post(1)["id"], post(2)["id"]]
    assert quarantined(reading.parts) == []


def test_invalid_last_version_loses_no_earlier_one(reading: Reading) -> None:
    """If the last version is not a post, it and the earlier version are quarantined."""
    reading.x.page_size = 100
    broken = version(2, 1)
    del broken["text"]
    reading.x.posts = [version(1), broken]
    reading.poll()

    bodies = [
        reading.parts.sealer.open(message.raw.body, message.message_id).decode()
        for message in quarantined(reading.parts)
    ]
    assert [post(1)["id"] in body for body in bodies] == [True, True]
    assert '"text"' in bodies[0]


def picture(width: int = 40) -> bytes:
    """Return a JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (width, 30), (200, 30, 30)).save(out, "JPEG")
    return out.getvalue()


def shown(reading: Reading, *files: str, kind: str = "photo", **more: Any) -> None:
    """Attach files of the loopback X to the newest post."""
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
    """A post's pictures are fetched once, without our token, cleaned and attached; X's description stays."""
    shown(reading, "a.jpg", "bb.jpg")
    reading.poll()

    (raw,) = messages(reading)
    assert [attachment.media_type for attachment in raw.attachments] == ["image/jpeg"] * 2
    assert (raw.unfetched, reading.x.fetched) == (0, ["/media/a.jpg", "/media/bb.jpg"])
    assert all(
        read_content(reading.parts.engine, reading.parts.sealer, attachment.id) for attachment in raw.attachments
    )
    assert reading.bodies()[0]["media"] == reading.x.media


def test_media_are_requested(reading: Reading) -> None:
    """The door requests the description of pictures, but neither authors nor quoted posts, which X bills."""
    reading.poll()

    (expansions,) = {request["expansions"] for request in reading.x.requests}
    assert expansions == "attachments.media_keys"
    assert "url" in reading.x.requests[0]["media.fields"].split(",")


def test_only_its_own_pictures(reading: Reading) -> None:
    """A message contains only its own post's pictures, and no other posts or users of the page."""
    shown(reading, "a.jpg")
    reading.x.posts.append(post(2))
    page = {"data": [*reversed(reading.x.posts)], "meta": {"result_count": 2}}
    includes = {"media": reading.x.media, "tweets": [{"id": "5", "text": "orang lain"}], "users": [{"id": "8"}]}
    reading.x.script.append(loopback_x.json_answer(page | {"includes": includes}))
    reading.poll()

    assert [set(body) for body in reading.bodies()] == [{"account", "post", "media"}, {"account", "post"}]


def test_preview_of_a_video(reading: Reading) -> None:
    """The preview picture of a video is stored, and the video counts as unfetched."""
    shown(reading, "a.jpg", kind="video")
    reading.poll()

    (raw,) = messages(reading)
    assert (len(raw.attachments), raw.unfetched) == (1, 1)


MISSING: dict[str, Callable[[threading.Event], Answer]] = {
    "http_404": lambda _: loopback_x.html_error(404),
    "unknown_file_type": lambda _: Answer(200, b"<html>no picture</html>"),
    "file_unreadable": lambda _: Answer(200, picture()[:100]),
    "file_too_large": lambda _: Answer(200, b"\xff" * (MAX_FILE_BYTES + 200_000), cut=True),
    "http_302": lambda _: Answer(302, b"", {"Location": "/media/other.jpg"}),
    "ChunkedEncodingError": lambda _: Answer(200, picture(), cut=True),
    "ReadTimeout": lambda released: Answer(200, b"", stall=released),
}


@pytest.mark.parametrize("cause", MISSING)
def test_failed_picture(reading: Reading, cause: str, logged: list[EventDict]) -> None:
    """If a picture fails, the post is published without it and counts it as unfetched."""
    released = threading.Event()
    shown(reading, "a.jpg", "b.jpg")
    reading.x.files["/media/a.jpg"] = MISSING[cause](released)
    reading.timeout = (1.0, 0.3)

    try:
        reading.poll()
    finally:
        released.set()

    (raw,) = messages(reading)
    assert (len(raw.attachments), raw.unfetched) == (1, 1)
    assert [line["cause"] for line in logged if line["event"] == "x.picture_failed"] == [cause]
    assert "/media/other.jpg" not in reading.x.fetched


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data", "http://localhost:1/a.jpg", "file:///etc/passwd", "https://[",
        "https://pbs.twimg.com@127.0.0.1/a.jpg", "https://pbs.twimg.com.jahat.example/a.jpg", "ftp://pbs.twimg.com/a",
        "http://pbs.twimg.com/media/a.jpg", "", "//", "data:image/png;base64,AAAA",
    ],
)  # fmt: skip
def test_pictures_of_other_hosts_are_not_fetched(reading: Reading, url: str, logged: list[EventDict]) -> None:
    """A picture on another host, or without TLS, is not fetched."""
    reading.hosts = {"pbs.twimg.com"}
    shown(reading, "a.jpg")
    reading.x.media[0]["url"] = url
    reading.poll()

    (raw,) = messages(reading)
    assert (raw.attachments, raw.unfetched, reading.x.fetched) == ((), 1, [])
    assert {line["cause"] for line in logged if line["event"] == "x.picture_failed"} <= {"host", "ValueError"}


def test_pictures_share_a_deadline(reading: Reading) -> None:
    """All pictures of a batch share twenty seconds; then the posts are published without the rest."""
    moment = iter(range(0, 10_000, 3))
    reading.clock = lambda: float(next(moment))
    shown(reading, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    reading.poll()

    (raw,) = messages(reading)
    assert (len(raw.attachments), raw.unfetched) == (2, 2)


@pytest.mark.parametrize(
    "more",
    [
        {"attachments": None}, {"attachments": []}, {"attachments": {"media_keys": None}},
        {"attachments": {"media_keys": "3_0"}}, {"attachments": {"media_keys": [None, 7, {}]}},
    ],
)  # fmt: skip
def test_invalid_attachments(reading: Reading, more: dict[str, Any]) -> None:
    """A post with an invalid description of its pictures is published without pictures."""
    reading.x.posts = [post(1, **more)]
    reading.poll()

    (raw,) = messages(reading)
    assert (raw.attachments, raw.unfetched) == ((), 0)


@pytest.mark.parametrize("includes", [None, [], "x", {"media": None}, {"media": {}}, {"media": [None, 7, {"url": 5}]}])
def test_invalid_includes(reading: Reading, includes: object) -> None:
    """A page with invalid includes loses its pictures and no post."""
    shown(reading, "a.jpg")
    page = {"data": reading.x.posts, "meta": {"result_count": 1}, "includes": includes}
    reading.x.script.append(loopback_x.json_answer(page))
    reading.poll()

    (raw,) = messages(reading)
    assert (raw.attachments, raw.unfetched) == ((), 1)


def test_pictures_again_after_a_failure(reading: Reading) -> None:
    """A post that is published again has the same pictures under the same ids."""
    shown(reading, "a.jpg")
    reading.poll()
    reading.store.move_cursor("twitter.since_id", "0")
    reading.poll()

    first, second = messages(reading)
    assert first.attachments == second.attachments
    assert first.id == second.id == arrival_id("twitter", post(1)["id"])


def test_stored_posts_are_sealed(reading: Reading) -> None:
    """The stored posts show neither post nor author without our key."""
    reading.poll()

    reading.later(1_000)
    assert set(reading.posts.due(reading.now(), 1_000)) == {post(number)["id"] for number in range(1, 6)}
    stored = b"".join(path.read_bytes() for path in reading.parts.settings.home.glob("satupintu.db*"))
    # The last one's id is there as the place to go on from.
    private_ids = [post(number)["id"] for number in range(1, 5)] + [AUTHOR]
    assert [private_id for private_id in private_ids if private_id.encode() in stored] == []
