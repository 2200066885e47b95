"""A record that is handled again gives the same complaint, and changes nothing for later messages."""

from tests.normalize.conversation.citizen import Citizen, assert_belongs


def test_a_short_message(citizen: Citizen) -> None:
    """The act is stored with the decision: what happened since does not change it."""
    report = citizen.send("jalan rusak parah banyak lubang sudah sebulan")
    first = citizen.send("lokasinya di Purwokerto")
    citizen.answer(report, "closed")
    assert citizen.send_again() == first


def test_an_sms_of_several_parts(citizen: Citizen) -> None:
    """Its mark leads to the report since the first time. It stays hidden beside an anonymous report."""
    report = citizen.send("LAPOR ANONIM kepala desa memotong dana bantuan warga")
    first = citizen.send_joined(f"TAMBAH {report['tracking']} nama bendahara ikut terlibat", "smpp:1:1")
    assert_belongs(first, report, "adds", "own-number")
    assert first["report"]["anonim"]
    assert citizen.send_again() == first


def test_an_edited_post(citizen: Citizen) -> None:
    """Its mark leads to the report since the first time; the act and the evidence stay those of the decision."""
    report = citizen.post("@lapor1708 #anonim kepala desa memotong dana bantuan warga", "100")
    text = f"@lapor1708 #anonim TAMBAH {report['tracking']} nama bendahara ikut terlibat"
    first = citizen.post(text, "201", edit_history_tweet_ids=["200", "201"])
    assert_belongs(first, report, "adds", "own-number")
    assert citizen.send_again() == first


def test_a_report_before_a_new_message(citizen: Citizen) -> None:
    """A report that comes again in the batch of an answer is still one whose agency waits."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    repeated_record = citizen.last_record
    assert repeated_record
    citizen.answer(report, "asked")
    answer = citizen.sms("nomor meter 14000000011, rumah cat hijau", 200)
    assert_belongs(citizen.handle(repeated_record, answer)[1], report, "adds", "answers-question")


def test_an_answer_before_a_new_message(citizen: Citizen) -> None:
    """An answer that comes again after a later one does not open the agency's next question again."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "asked")
    first = citizen.send("nomor meter 14000000011", 60)
    repeated_record = citizen.last_record
    assert repeated_record
    assert_belongs(first, report, "adds", "answers-question")
    citizen.answer(report, "asked")
    assert_belongs(citizen.send("rumah cat hijau", 60), report, "adds", "answers-question")
    outputs = citizen.handle(repeated_record, citizen.sms("sapi saya hilang", 60))
    assert outputs[1]["relation"]["kind"] == "new"
