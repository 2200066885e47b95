"""Replies to senders of the form: by SMS or e-mail, only to a contact that the sender proved."""

from collections.abc import Collection
from uuid import UUID

from app.assembly.reply_providers import mail_transport
from desk.mail.smtp import SmtpClient, SmtpServer
from messages.shapes import Contact, Reply
from sinks.replies.providers.email import EmailReplies, ProvenContactReplies
from sinks.replies.providers.twilio import TwilioSms
from tests.conftest import NOW
from tests.desk.mail.mail_server import MailServer, mail_server
from tests.sinks.replies.reply_harness import PHONE, ReplyHarness, complaint, reply
from tests.support.loopback_twilio import LoopbackTwilio

ADDRESS = "sekar@contoh.id"
BOTH = Contact(phone=PHONE, email=ADDRESS)


def email_to(server: MailServer) -> EmailReplies:
    """Return the provider that sends to a mail server."""
    smtp = SmtpServer("localhost", server.port, "none", "", "", "satu-pintu@lapor.example")
    client = SmtpClient(smtp, lambda: NOW, seconds=5.0)
    transport = mail_transport(client, lambda: NOW)
    site = "https://lapor.example"
    return EmailReplies(transport, lambda number: f"{site}/status/{number}", lambda message: f"{site}/l/{message}")


def sent_reply(harness: ReplyHarness, contact: Contact = BOTH, name: str = "one") -> Reply:
    """Let the sink take a report of the form and a reply to it."""
    report = complaint(name, "web", contact)
    answer = reply(report)
    harness.take(report, answer)
    return answer


def ways(*proven: str) -> Collection[str]:
    """Return the ways that the sender proved."""
    return frozenset(proven)


def test_a_confirmed_address_gets_a_mail(harness: ReplyHarness) -> None:
    """The mail has the text, the own link, the number in its subject and an id of its own. It is sent once."""
    with mail_server() as server:
        provider = ProvenContactReplies(None, email_to(server), lambda _number: ways("email"))
        answer = sent_reply(harness)
        for _ in range(2):
            harness.send(provider, "web")
        (mail,) = server.messages

    assert harness.state(answer) == ("sent", "")
    assert (mail["To"], mail["Subject"]) == (ADDRESS, f"Kabar laporan {answer.tracking}")
    assert mail["Message-ID"] == f"<{answer.id}@lapor.example>"
    assert answer.text in mail.get_content()
    assert f"https://lapor.example/status/{answer.tracking}" in mail.get_content()
    assert f"https://lapor.example/l/{answer.message_id}" in mail.get_content()


def test_a_proven_number_comes_first(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Who proved both gets an SMS and no mail."""
    with mail_server() as server:
        provider = ProvenContactReplies(sms, email_to(server), lambda _number: ways("email", "sms"))
        answer = sent_reply(harness)
        harness.send(provider, "web")
        assert server.messages == []

    assert (twilio.sends[0]["To"], twilio.sends[0]["Body"]) == (PHONE, answer.text)


def test_an_unproven_contact_gets_nothing(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """Anybody can type another person's number."""
    with mail_server() as server:
        answer = sent_reply(harness)
        harness.send(ProvenContactReplies(sms, email_to(server), lambda _number: ways()), "web")
        assert (server.messages, twilio.sends) == ([], [])

    assert harness.state(answer) == ("withheld", "unproven")


def test_faults_of_the_mail_server(harness: ReplyHarness) -> None:
    """A refused recipient is final; a busy server is tried again, with the same id."""
    with mail_server() as server:
        provider = ProvenContactReplies(None, email_to(server), lambda _number: ways("email"))
        server.refusals = ["550 no such mailbox"]
        refused = sent_reply(harness)
        harness.send(provider, "web")
        server.refusals = ["451 later", ""]
        postponed = sent_reply(harness, Contact(email="wulan@contoh.id"), "two")
        harness.send(provider, "web")
        assert harness.state(postponed) == ("waiting", "recipient_refused")
        harness.clock.advance(hours=2)
        harness.send(provider, "web")
        (mail,) = server.messages

    assert harness.state(refused) == ("failed", "recipient_refused")
    assert mail["Message-ID"] == f"<{postponed.id}@lapor.example>"


def test_one_address_has_a_limit_of_its_own(harness: ReplyHarness) -> None:
    """Each report of the form has another sender; a number of mails to one address in a day is counted by address."""
    with mail_server() as server:
        provider = ProvenContactReplies(None, email_to(server), lambda _number: ways("email"))
        contacts = [Contact(account=f"account {turn}", email=ADDRESS) for turn in range(3)]
        answers = [sent_reply(harness, contact, contact.account) for contact in contacts]
        harness.send(provider, "web", per_sender=2)

    states = sorted(harness.state(answer) for answer in answers)
    assert states == [("sent", ""), ("sent", ""), ("withheld", "sender_limit")]
    assert len({UUID(str(answer.id)) for answer in answers}) == 3


def test_a_mail_has_the_whole_answer(harness: ReplyHarness, twilio: LoopbackTwilio, sms: TwilioSms) -> None:
    """The text for an e-mail replaces that of an SMS. The database forgets it after delivery. An SMS stays short."""
    whole = "Laporan X sudah ditanggapi oleh Kota Semarang.\n\n" + "Lampu sudah diperiksa. " * 200
    report, other = complaint("one", "web", BOTH), complaint("two", "web", BOTH)
    mailed, texted = (reply(item).model_copy(update={"mail_text": whole}) for item in (report, other))
    with mail_server() as server:
        harness.take(report, mailed)
        assert harness.row(mailed).mail_text == whole
        harness.send(ProvenContactReplies(None, email_to(server), lambda _number: ways("email")), "web")
        (mail,) = server.messages
    harness.take(other, texted)
    harness.send(ProvenContactReplies(sms, None, lambda _number: ways("sms")), "web")
    assert mail.get_content().replace("\r\n", "\n").startswith(whole.strip())
    assert mailed.text not in mail.get_content()
    assert f"https://lapor.example/l/{mailed.message_id}" in mail.get_content()
    assert twilio.sends[0]["Body"] == texted.text
    assert [harness.row(sent).mail_text for sent in (mailed, texted)] == ["", ""]


def test_a_refused_mail_leaves_no_words(harness: ReplyHarness) -> None:
    """A postponed one keeps them for the next attempt; a final failure empties them."""
    with mail_server() as server:
        provider = ProvenContactReplies(None, email_to(server), lambda _number: ways("email"))
        report = complaint("one", "web", BOTH)
        answer = reply(report).model_copy(update={"mail_text": "Jawabannya: sudah."})
        harness.take(report, answer)
        server.refusals = ["451 later", "550 no such mailbox"]
        harness.send(provider, "web")
        assert harness.row(answer).mail_text == "Jawabannya: sudah."
        harness.clock.advance(hours=2)
        harness.send(provider, "web")
    assert (harness.state(answer)[0], harness.row(answer).mail_text) == ("failed", "")
