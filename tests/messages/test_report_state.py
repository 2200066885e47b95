"""The state of a report as its sender hears it, from the facts."""

import pytest

from messages.report_state import ReportFacts, ReportState, report_state

AGENCY = "kota-3374"


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (ReportFacts(), "diterima"),
        (ReportFacts(agency="triage", case_state="terdisposisi"), "diteliti"),
        (ReportFacts(agency="triage", case_state="proses"), "diteliti"),
        (ReportFacts(agency="triage", case_state="tunda"), "menunggu-anda"),
        (ReportFacts(agency="triage", case_state="selesai"), "bukan-laporan"),
        (ReportFacts(agency="triage", case_state="terdisposisi", is_reopened=True), "dibuka-lagi"),
        (ReportFacts(agency=AGENCY, case_state="terdisposisi"), "diteruskan"),
        (ReportFacts(agency=AGENCY, case_state="ditolak"), "diteruskan"),
        (ReportFacts(agency=AGENCY, case_state="proses"), "ditangani"),
        (ReportFacts(agency=AGENCY, case_state="proses", is_answered=True), "dijawab"),
        (ReportFacts(agency=AGENCY, case_state="tunda", is_answered=True), "menunggu-anda"),
        (ReportFacts(agency=AGENCY, case_state="selesai", is_answered=True), "selesai"),
        (ReportFacts(agency=AGENCY, case_state="terdisposisi", is_reopened=True), "dibuka-lagi"),
        (ReportFacts(agency=AGENCY, case_state="proses", is_reopened=True), "ditangani"),
        (ReportFacts(agency=AGENCY, case_state="proses", is_withdrawn=True), "ditarik"),
        (ReportFacts(is_set_aside=True), "bukan-laporan"),
    ],
)
def test_the_state(facts: ReportFacts, state: ReportState) -> None:
    """Each combination of facts has one state."""
    assert report_state(facts) == state
