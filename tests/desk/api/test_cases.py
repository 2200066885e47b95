"""The list of cases, one case and its pictures."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bus.port import Outgoing
from config.database import read_transaction
from desk.acts.openings import read_unopened_dangers
from messages import codec
from messages.shapes import KEPT_APART, Attachment, ClosedCase, Place, Relation, Suggestion, iso
from messages.topics import CORRECTIONS
from tests.conftest import NOW
from tests.desk.api.harness import HEALTH, PLN, ApiHarness, assert_problem, number_of
from tests.router.test_corrections import correction
from tests.router.test_linked import id_of
from tests.support.records import at

PICTURE = Attachment(id=UUID(int=77), media_type="image/jpeg", size=4, sha256="0" * 64)


def test_a_program_reads_its_cases(api: ApiHarness) -> None:
    """The list has what an agency needs, and `next` leads to what changed later."""
    place = Place(accuracy=12.5)
    api.send(1, "Kemenkes, puskesmas tutup", title="Kemenkes", place=place, attachments=(PICTURE,))
    page = api.get("/cases").json()
    (case,) = page["cases"]
    assert {name: case[name] for name in ("number", "state", "title", "text", "joined", "hop", "version", "kind")} == {
        "number": number_of(1),
        "state": "terdisposisi",
        "title": "Kemenkes",
        "text": "Kemenkes, puskesmas tutup",
        "joined": 0,
        "hop": 0,
        "version": 0,
        "kind": "pengaduan",
    }
    assert case["received"] == "2026-11-24T08:04:05.678Z"
    assert case["due"] > case["dispatched"]
    assert case["place"]["accuracy"] == 12.5
    assert case["reasons"][0].keys() == {"rule", "text"}
    assert case["pictures"] == [
        {
            "id": str(PICTURE.id),
            "media_type": "image/jpeg",
            "size": 4,
            "address": f"/agency/v1/cases/{number_of(1)}/pictures/{PICTURE.id}",
        }
    ]
    assert api.get("/cases", after=page["next"]).json() == {"cases": [], "next": None}
    api.send(2, "Kemenkes, obat habis")
    later = api.get("/cases", after=page["next"]).json()
    assert [item["number"] for item in later["cases"]] == [number_of(2)]


def test_a_program_reads_of_a_second_matter(api: ApiHarness) -> None:
    """Its subject and the institution that would be competent; null for a report of one matter."""
    api.send(1, "Kemenkes obat habis, dan jalan rusak di Kab. Sleman")
    api.send(2, "Kemenkes obat habis, dan jalan rusak di sini")
    api.send(3, "Kemenkes obat habis")
    matters = [api.get(f"/cases/{number_of(number)}").json()["second_matter"] for number in (1, 2, 3)]
    assert matters == [{"topic": "jalan", "agency": "kabupaten-3404"}, {"topic": "jalan", "agency": ""}, None]
    assert [case["second_matter"] for case in api.get("/cases").json()["cases"]] == matters


def test_a_program_reads_for_which_kinds_of_units_a_report_is(api: ApiHarness) -> None:
    """With the words of the report as evidence; none if nothing tells."""
    api.send(1, "Kemenkes, petugas puskesmas kasar")
    api.send(2, "Kemenkes, petugas kasar")
    kinds = [{"kind": "puskesmas", "rule": "unit-named", "text": "Laporan menyebut “puskesmas”."}]
    assert [case["unit_kinds"] for case in api.get("/cases").json()["cases"]] == [kinds, []]


def test_dangers_can_be_listed_alone(api: ApiHarness) -> None:
    """Until the agency has answered. Whoever fetches a case, by the list or by its number, has opened it."""
    for number in range(5):
        api.send(number, f"Kemenkes, rusak {number}", danger="fire" if number in {1, 3} else "")
    api.clock.time = NOW + timedelta(minutes=1)
    with read_transaction(api.engine) as connection:
        assert [(item.agency, item.cases) for item in read_unopened_dangers(connection)] == [(HEALTH, 2)]
    case = api.get(f"/cases/{number_of(1)}").json()
    assert (case["danger"], case["danger_waits"]) == ("fire", True)
    with read_transaction(api.engine) as connection:
        assert [(item.agency, item.cases) for item in read_unopened_dangers(connection)] == [(HEALTH, 1)]
    page = api.get("/cases", danger_waits=True, limit=1).json()
    assert [item["number"] for item in page["cases"]] == [number_of(1)]
    page = api.get("/cases", danger_waits=True, after=page["next"]).json()
    assert [item["number"] for item in page["cases"]] == [number_of(3)]
    with read_transaction(api.engine) as connection:
        assert read_unopened_dangers(connection) == []
    api.answer(1, "accepted")
    api.desk.deliver()
    page = api.get("/cases", danger_waits=True).json()
    assert [item["number"] for item in page["cases"]] == [number_of(3)]
    assert [item["danger_waits"] for item in api.get("/cases").json()["cases"]].count(True) == 1


def test_small_pages_reach_everything(api: ApiHarness) -> None:
    """A program that follows `next` to its end gets each case once, also those in one state."""
    for number in range(5):
        api.send(number, f"Kemenkes, rusak {number}")
    api.answer(3, "accepted")
    api.desk.deliver()
    for state, numbers in ((None, [0, 1, 2, 4, 3]), ("terdisposisi", [0, 1, 2, 4]), ("proses", [3])):
        collected, cursor = [], None
        while True:
            page = api.get("/cases", limit=2, after=cursor, state=state).json()
            collected += [case["number"] for case in page["cases"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert collected == [number_of(number) for number in numbers]
    both = api.get("/cases", state=["proses", "terdisposisi"]).json()["cases"]
    assert len(both) == 5


def test_a_case_shows_its_course(api: ApiHarness) -> None:
    """Answers on their way count already; further reports and the reasons are there."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.send(2, "saya juga", of=1, kind="joins")
    api.answer(1, "responded", "Sedang kami periksa.", actor="Sri Petugas")
    case = api.get(f"/cases/{number_of(1)}").json()
    assert (case["state"], case["version"], case["joined"], case["report_count"]) == ("proses", 1, 1, 1)
    assert [(event["kind"], event["agency"]) for event in case["history"]] == [
        ("dispatched", HEALTH),
        ("responded", HEALTH),
    ]
    assert (case["history"][1]["text"], case["history"][1]["counts"]) == ("Sedang kami periksa.", True)
    assert case["history"][1]["actor"].startswith("Sri Petugas (key ")
    assert [(report["number"], report["relation"]) for report in case["reports"]] == [(number_of(2), "joins")]
    api.desk.deliver()
    delivered = api.get(f"/cases/{number_of(1)}").json()
    assert (delivered["state"], delivered["version"], len(delivered["history"])) == ("proses", 1, 2)


def test_numbers_lead_to_their_case(api: ApiHarness) -> None:
    """A number is read as people type it, and that of a joined report leads to its case."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.send(2, "saya juga", of=1, kind="joins")
    typed = number_of(2).lower().replace("-", "")
    assert api.get(f"/cases/{typed}").json()["number"] == number_of(1)


def test_an_unchanged_case_is_not_sent_again(api: ApiHarness) -> None:
    """The entity tag changes with every change of the case."""
    api.send(1, "Kemenkes, puskesmas tutup")
    first = api.get(f"/cases/{number_of(1)}")
    tag = first.headers["ETag"]
    same = api.get(f"/cases/{number_of(1)}", {**api.headers, "If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    api.send(2, "saya juga", of=1, kind="joins")
    joined = api.get(f"/cases/{number_of(1)}", {**api.headers, "If-None-Match": tag})
    assert joined.status_code == 200
    assert joined.headers["ETag"] != tag


def test_a_case_that_left_shows_no_more(api: ApiHarness) -> None:
    """The former agency sees the refusal and the next agency, and nothing of what that agency does."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.answer(1, "refused", "Bukan kewenangan kami.", suggested_agency=PLN)
    (moved,) = api.desk.deliver()
    assert moved.agency == PLN
    other = api.headers_of(PLN)
    api.clock.time = NOW.replace(hour=20)
    reply = api.post(f"/cases/{number_of(1)}/answers", {"verdict": "closed", "text": "Beres di PLN."}, other)
    assert reply.status_code == 201
    for answer in api.desk.published:
        api.desk.answer(answer, NOW.replace(hour=21))
    former = api.get(f"/cases/{number_of(1)}")
    assert former.json()["state"] == "ditolak"
    assert sorted(event["kind"] for event in former.json()["history"]) == ["dispatched", "dispatched", "refused"]
    assert "Beres" not in former.text
    present = api.get(f"/cases/{number_of(1)}", other).json()
    assert (present["state"], present["hop"], present["refusals"]) == ("selesai", 1, 1)
    actors = {event["kind"]: event["actor"] for event in present["history"]}
    assert actors["refused"] == ""
    assert actors["closed"].startswith("key ")


def test_pictures_are_recorded_and_safe(api: ApiHarness) -> None:
    """The view stands in the audit log; a browser never runs or shows the file in our name."""
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(PICTURE,))
    api.files[PICTURE.id] = b"\xff\xd8ok"
    address = api.get("/cases").json()["cases"][0]["pictures"][0]["address"]
    response = api.get(address.removeprefix("/agency/v1"))
    assert (response.status_code, response.content) == (200, b"\xff\xd8ok")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    action, subject, actor, _ = api.acts[-1]
    assert (action, subject.split()[1]) == ("desk.picture", str(PICTURE.id))
    assert actor.startswith("key ")
    del api.files[PICTURE.id]
    assert_problem(api.get(address.removeprefix("/agency/v1")), 404, "no_such_picture")
    assert_problem(api.get(f"/cases/{number_of(1)}/pictures/{UUID(int=78)}"), 404, "no_such_picture")


def test_pictures_of_joined_reports_are_served(api: ApiHarness) -> None:
    """They have an address below the case."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.send(2, "saya juga", of=1, kind="joins", attachments=(PICTURE,))
    api.files[PICTURE.id] = b"\xff\xd8ok"
    (report,) = api.get(f"/cases/{number_of(1)}").json()["reports"]
    assert api.get(report["pictures"][0]["address"].removeprefix("/agency/v1")).status_code == 200


def test_an_act_that_cannot_be_recorded_is_not_done(api: ApiHarness) -> None:
    """Without the audit log no picture is shown."""
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(PICTURE,))
    api.files[PICTURE.id] = b"\xff\xd8ok"

    api.is_log_away = True
    response = api.get(f"/cases/{number_of(1)}/pictures/{PICTURE.id}")
    assert_problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_institutions_are_found_by_name(api: ApiHarness) -> None:
    """A program finds the code for `suggested_agency`."""
    found = api.get("/institutions", q="listrik").json()["institutions"]
    assert PLN in [institution["code"] for institution in found]
    assert "q" in assert_problem(api.get("/institutions", q=""), 422, "invalid_request")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "banyak"}, "limit"),
        ({"state": "hilang"}, "state.0"),
        ({"after": "bukan-kursor"}, "after"),
        ({"after": "'; DROP TABLE desk_case; --"}, "after"),
        ({"after": "x" * 101}, "after"),
    ],
)
def test_wrong_arguments_are_named(api: ApiHarness, arguments: dict[str, Any], field: str) -> None:
    """422 names the argument and never repeats its value."""
    response = api.get("/cases", **arguments)
    assert list(assert_problem(response, 422, "invalid_request")) == [field]
    assert "DROP" not in response.text


def test_a_case_names_what_it_is_perhaps_the_same_as(api: ApiHarness) -> None:
    """By its number if the agency may read it. Of a case elsewhere nothing is told, and a closed one is not named."""
    api.send(1, "Kemenkes, antrean puskesmas")
    evidence = ("same-sender-soon", "place-same-topics")
    suggestion = Suggestion(of=id_of(1), score=0.8, evidence=evidence)
    api.send(2, "Kemenkes, antrean puskesmas sejak subuh", suggestion=suggestion)
    api.send(3, "Mohon PLN datang", suggestion=suggestion)
    shown = {"number": number_of(1), "evidence": ["place-same-topics"]}
    case = api.get(f"/cases/{number_of(2)}")
    assert case.json()["suggestion"] == shown
    elsewhere = api.get(f"/cases/{number_of(3)}", api.headers_of(PLN))
    assert elsewhere.json()["suggestion"] == {"number": None, "evidence": []}
    assert [word for word in (number_of(1), str(id_of(1)), "Kemenkes", "puskesmas") if word in elsewhere.text] == []
    assert api.get(f"/cases/{number_of(1)}").json()["suggestion"] is None
    # What agencies are told of by webhook has no field for it.
    assert [change.kind for change in api.desk.changes] == ["received"] * 3
    for verdict in ("accepted", "closed"):
        api.answer(1, verdict, "Sudah." if verdict == "closed" else "")
        api.desk.deliver()
    changed = api.get(f"/cases/{number_of(2)}", {**api.headers, "If-None-Match": case.headers["ETag"]})
    assert (changed.status_code, changed.json()["suggestion"]) == (200, None)


def test_a_case_names_the_closed_case_that_it_is_like(api: ApiHarness) -> None:
    """With the time of the closing, if the agency may read it. Of a case elsewhere nothing is told."""
    api.send(1, "Kemenkes, antrean puskesmas")
    for verdict in ("accepted", "closed"):
        api.answer(1, verdict, "Sudah.")
        api.desk.deliver()
    again = ClosedCase(of=id_of(1), closed_at=NOW)
    api.send(2, "Kemenkes, antrean puskesmas lagi", similar_closed_case=again)
    api.send(3, "Mohon PLN datang", similar_closed_case=again)
    assert api.get(f"/cases/{number_of(1)}").json()["similar_closed_case"] is None
    assert api.get(f"/cases/{number_of(2)}").json()["similar_closed_case"] == {
        "number": number_of(1),
        "closed": iso(NOW),
    }
    elsewhere = api.get(f"/cases/{number_of(3)}", api.headers_of(PLN))
    assert elsewhere.json()["similar_closed_case"] == {"number": None, "closed": None}
    assert [word for word in (number_of(1), str(id_of(1))) if word in elsewhere.text] == []


def test_a_denied_suggestion_is_a_change_of_both_cases(api: ApiHarness) -> None:
    """Programs read it in the history of both, and neither has a suggestion any more."""
    api.send(1, "Kemenkes, antrean puskesmas")
    api.send(2, "Kemenkes, antrean lagi", suggestion=Suggestion(of=id_of(1), score=0.8))
    cursor = api.get("/cases").json()["next"]
    denial = correction(2, Relation(evidence=(KEPT_APART,)), apart_from=1)
    record = at(Outgoing(CORRECTIONS, *codec.encode(denial, str(denial.complaint_id), "/test")), 70)
    assert api.desk.follow(record) == []
    changed = api.get("/cases", after=cursor).json()["cases"]
    assert {case["number"] for case in changed} == {number_of(1), number_of(2)}
    for number in (1, 2):
        case = api.get(f"/cases/{number_of(number)}").json()
        assert [event["kind"] for event in case["history"]] == ["dispatched", "kept-apart"]
        assert (case["suggestion"], case["state"]) == (None, "terdisposisi")
