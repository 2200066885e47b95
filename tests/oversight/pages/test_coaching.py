"""Coaching notes about an institution: kept with author, body and time, and recorded in the audit log."""

from dataclasses import replace
from http import HTTPStatus

import pytest

from accounts.permissions import Role, actor_label
from tests.oversight.pages.site import NOW, OversightSite, person

pytestmark = pytest.mark.slow

ADDRESS = "/pengawasan/instansi/kota-3374/pembinaan"


def test_a_note_is_kept_with_who_and_when(site: OversightSite) -> None:
    """Recorded first, stored once also if it is sent twice, shown to all overseers, and escaped."""
    assert ADDRESS in site.get("/pengawasan/instansi/kota-3374")
    writer = site.actor = replace(person(Role.OVERSEER), body="kementerian-panrb")
    try:
        for _attempt in range(2):
            sent = site.client.post(ADDRESS, {"isi": " Sepakat: <b>rapat</b>\r\nbulan depan. "})
            assert (sent.status_code, sent.headers["Location"]) == (HTTPStatus.SEE_OTHER, ADDRESS)
    finally:
        site.actor = person(Role.OVERSEER)
    ((action, subject, actor, why, at),) = site.log
    assert (action, actor, why, at) == ("oversight.coaching_note", actor_label(writer), "coaching", NOW)
    assert str(subject).startswith("kota-3374 ")
    page = site.get(ADDRESS)
    assert page.count("Sepakat: &lt;b&gt;rapat&lt;/b&gt;<br>bulan depan.") == 1
    assert "<b>Sari Dewi</b>, kementerian-panrb · 20 Jul 2026" in page
    assert "Sepakat" not in site.get("/pengawasan/instansi/bumn-pln/pembinaan")


def test_what_was_typed_stays_with_what_is_wrong(site: OversightSite) -> None:
    """An empty or too long note is not stored and not recorded."""
    before = len(site.log)
    for typed, problem in (("  ", "Tulis catatan Anda."), ("a" * 5_001, "paling banyak 5000 karakter")):
        answer = site.client.post(ADDRESS, {"isi": typed})
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert problem in answer.text
        assert typed.strip() in answer.text
    assert len(site.log) == before


def test_only_overseers_read_and_write_notes(site: OversightSite) -> None:
    """Officers of the institution and auditors do not; triage and unknown institutions have no notes."""
    for role in (*Role, None):
        assert (site.open(ADDRESS, role).status_code == HTTPStatus.OK) is (role is Role.OVERSEER), role
    assert ADDRESS not in site.open("/pengawasan/instansi/kota-3374", Role.AUDITOR).text
    for code in ("triage", "kota-9999"):
        address = ADDRESS.replace("kota-3374", code)
        assert site.client.get(address).status_code == HTTPStatus.NOT_FOUND
        assert site.client.post(address, {"isi": "Catatan"}).status_code == HTTPStatus.NOT_FOUND
