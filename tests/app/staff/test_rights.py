"""Rights and attacks: each role on each page, forms of other sites, and HTML in every field."""

import re
from http import HTTPStatus

import pytest

from accounts.permissions import RIGHTS, TRIAGE_AGENCY, Act, Role, may
from tests.app.staff.harness import SEMARANG, StaffHarness, person
from tests.app.test_corrections import number

NUMBER = number(1)
ID = "00000000-0000-0000-0000-000000000001"
# Address of each page and each form, with the right that it needs, and the agency: of triage, none, or the own one.
PAGES = {
    "/desk/triase": (Act.VIEW_CASE, TRIAGE_AGENCY),
    f"/desk/triase/{NUMBER}": (Act.VIEW_CASE, TRIAGE_AGENCY),
    "/desk/disisihkan": (Act.DECIDE_TRIAGE, TRIAGE_AGENCY),
    f"/desk/disisihkan/{NUMBER}": (Act.DECIDE_TRIAGE, TRIAGE_AGENCY),
    "/desk/karantina": (Act.VIEW_QUARANTINE, ""),
    f"/desk/karantina/{ID}": (Act.VIEW_QUARANTINE, ""),
    "/desk/surat-mati": (Act.VIEW_DEAD_LETTERS, ""),
    f"/desk/surat-mati/{ID}": (Act.VIEW_DEAD_LETTERS, ""),
    f"/desk/telusur?nomor={NUMBER}": (Act.TRACE, ""),
    f"/desk/gabung?a={NUMBER}": (Act.CORRECT_RELATION, ""),
    "/desk/audit?periksa=1": (Act.VIEW_AUDIT_LOG, ""),
    "/desk/masa-simpan": (Act.VIEW_AUDIT_LOG, ""),
    "/desk/pimpinan": (Act.VIEW_OWN_FIGURES, SEMARANG),
}
FORMS = {
    "/desk/triase/bukan-laporan": (Act.CLOSE, TRIAGE_AGENCY),
    f"/desk/disisihkan/{NUMBER}": (Act.DECIDE_TRIAGE, TRIAGE_AGENCY),
    f"/desk/triase/{NUMBER}/putusan": (Act.DECIDE_TRIAGE, TRIAGE_AGENCY),
    f"/desk/triase/{NUMBER}/tanya": (Act.ASK, TRIAGE_AGENCY),
    f"/desk/triase/{NUMBER}/bagi": (Act.DIVIDE, TRIAGE_AGENCY),
    f"/desk/triase/{NUMBER}/bukan-laporan": (Act.CLOSE, TRIAGE_AGENCY),
    "/desk/karantina/putusan": (Act.DECIDE_QUARANTINE, ""),
    f"/desk/karantina/{ID}/buka": (Act.REVEAL, ""),
    "/desk/surat-mati/putusan": (Act.REDRIVE, ""),
    f"/desk/surat-mati/{ID}/buka": (Act.REVEAL, ""),
    "/desk/gabung": (Act.CORRECT_RELATION, ""),
    "/desk/gabung/pisah": (Act.CORRECT_RELATION, ""),
    "/desk/gabung/usulan": (Act.CORRECT_RELATION, ""),
}
MARKUP = "\"'><script>alert(1)</script><b onclick=alert(1)>{{7*7}}"
EVERY_FIELD = (
    *("instansi", "alasan", "disposisi", "teks", "versi", "jenis", "frasa", "kunci", "bobot", "pilih", "lingkup"),
    *("saluran", "tahap", "kelompok", "bidang", "sampai", "laju", "a", "b", "hubungan", "tindakan"),
    *("siap", "topik", "wilayah", "alasan_rilis", "hari"),
)
# An act that the form itself names.
ACTS = {"/desk/karantina/putusan": "buang", "/desk/surat-mati/putusan": "kirim"}


@pytest.fixture
def staff(staff: StaffHarness) -> StaffHarness:
    """Pages with one case at triage."""
    staff.reports.write(1, f"lampu mati {MARKUP}")
    staff.work()
    return staff


def test_every_page_of_staff_is_tested() -> None:
    """The rights below are those that some role has and no officer of an agency has for triage."""
    acts = {act for act, _ in (*PAGES.values(), *FORMS.values())}
    assert acts <= {act for rights in RIGHTS.values() for act in rights.own | rights.national}


@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_pages(staff: StaffHarness, role: Role) -> None:
    """Every page and every form answers 403 to a person without the right, and does nothing."""
    client, actor = staff.act_as(role), person(role)
    for address, (act, agency) in PAGES.items():
        is_refused = client.get(address).status_code == HTTPStatus.FORBIDDEN
        assert is_refused is not may(actor, act, agency), address
    for address, (act, agency) in FORMS.items():
        answer = client.post(address, {"tindakan": ACTS.get(address, "")})
        assert (answer.status_code == HTTPStatus.FORBIDDEN) is not may(actor, act, agency), address
    assert staff.acts() == []


def test_nobody_sees_a_page_without_a_session(staff: StaffHarness) -> None:
    """Pages lead to the sign-in, forms are refused."""
    staff.actor = None
    for address in PAGES:
        answer = staff.client.get(address)
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert answer.headers["Location"].startswith("/desk/masuk?lanjut=/desk/")
    for address in FORMS:
        assert staff.client.post(address).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_form_of_another_site_does_nothing(staff: StaffHarness, site: str) -> None:
    """The page of another site sends the browser of a person of triage."""
    headers = {"Sec-Fetch-Site": site, "Origin": "https://jahat.example"}
    fields = {"instansi": SEMARANG, "alasan": "jalannya di sana", "teks": "tanya"}
    for address in FORMS:
        assert staff.client.post(address, fields, headers).status_code == HTTPStatus.FORBIDDEN
    assert staff.acts() == []


@pytest.mark.parametrize("role", [Role.TRIAGE, Role.OPERATOR, Role.AUDITOR])
def test_typed_markup_is_text(staff: StaffHarness, role: Role) -> None:
    """Markup in a report, in every parameter and in every field of every form appears as text alone."""
    client = staff.act_as(role)
    query = "&".join(
        f"{name}=%22%27%3E%3Cscript%3Ealert(1)%3C/script%3E"
        for name in (
            *("topik", "wilayah", "setelah", "nomor", "hasil", "cari", "saluran", "kelompok", "tahap", "bidang"),
            *("rencana", "hari", "a", "b", "pelaku", "tindakan", "objek", "sejak", "sebelum", "periksa"),
        )
    )
    texts = [client.get(f"{address.partition('?')[0]}?{query}").text for address in PAGES]
    texts += [client.get(address).text for address in PAGES]
    texts += [client.post(address, dict.fromkeys(EVERY_FIELD, MARKUP)).text for address in FORMS]
    for text in texts:
        assert "<script" not in text
        assert "<b onclick" not in text
        assert "49" not in text.partition("{{7*7")[0][-40:]


def test_every_address_of_staff_has_a_right_above(staff: StaffHarness) -> None:
    """A new page or form needs a row in the lists above."""
    tested = {"GET": list(PAGES), "POST": list(FORMS)}
    unlisted = [
        (method, path)
        for path, methods in staff.addresses()
        for method in tested.keys() & set(methods)
        if not any(re.fullmatch(_pattern(path), address.partition("?")[0]) for address in tested[method])
    ]
    assert unlisted == []


def _pattern(path: str) -> str:
    return re.sub(r"{\w+}", "[^/]+", path)
