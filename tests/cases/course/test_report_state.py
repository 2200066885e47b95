"""The state of a report as its sender hears it, from the facts."""

import pytest

from cases.course.report_state import ReportFacts, report_state
from messages.gsm_alphabet import fits_one_sms
from messages.replies.report_states import (
    SENDER_SENTENCES,
    SET_ASIDE_SENTENCES,
    STATE_SENTENCES,
    ReportState,
    set_aside_sentence,
    state_sentence,
)

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


def test_sentences_are_one_sms_with_the_number() -> None:
    """Each state has a sentence of its own. A name of an agency that does not fit is left out."""
    number, long_name = "7K2M-P9QX-4TBC", "Kementerian Koordinator " * 6
    for name in ("", "Kota Semarang", long_name):
        for texts in (STATE_SENTENCES, SENDER_SENTENCES):
            sentences = [state_sentence(state, number, name, texts) for state in STATE_SENTENCES]
            assert all(fits_one_sms(sentence) and number in sentence for sentence in sentences)
            assert len(set(sentences)) == len(STATE_SENTENCES)
            assert long_name not in "".join(sentences)
            assert (texts is SENDER_SENTENCES) != ("pelapor" in "".join(sentences))
    assert state_sentence("selesai", number, "Kota Semarang").endswith("oleh Kota Semarang.")
    reasons = [set_aside_sentence(reason, number) for reason in (*SET_ASIDE_SENTENCES, "new-reason")]
    assert all(fits_one_sms(sentence) and number in sentence for sentence in reasons)
    assert len(set(reasons)) == len(SET_ASIDE_SENTENCES)
