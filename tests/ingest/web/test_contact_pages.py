"""The contact on the form, the code page after the receipt, and the link in the first mail."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.assembly.doors.contact import contact_store, mail_outbox
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.people import EMAIL, PHONE, Fields
from tests.ingest.web.forms import messages_by_field, send_form
from tests.ingest.web.test_language import assert_english
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio, refusal
from tests.support.page_texts import page_text

_SMTP: Fields = {"smtp_host": "127.0.0.1", "smtp_from": "satu-pintu@lapor.example"}


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A loopback Twilio without messages."""
    with serving(LoopbackTwilio()) as loopback:
        yield loopback


@pytest.fixture
def written(serve: Serve, twilio: LoopbackTwilio) -> DoorClient:
    """Doors of a service that can send SMS and e-mail."""
    return serve(
        twilio_account_sid=ACCOUNT,
        twilio_auth_tokens=[TOKEN],
        twilio_from="+628000001708",
        twilio_base_url=twilio.url,
        **_SMTP,
    )


def sent_report(served: DoorClient, **more: Any) -> tuple[str, str]:
    """Send a report. Return its number, and the query of its receipt."""
    number, _, query = send_form(served, **more).headers["Location"].removeprefix("/web/receipts/").partition("?")
    return number, query


def ways(served: DoorClient, number: str) -> frozenset[str]:
    """Return the proven ways to the sender of a report."""
    return contact_store(served.parts.doors).proven_ways(number)


def mails(served: DoorClient) -> list[Any]:
    """Return the queued mails, opened and marked as sent."""
    outbox, opened = mail_outbox(served.parts.doors), []
    while claimed := outbox.claim("lease"):
        opened.append(claimed.mail)
    return opened


def test_the_form_asks_for_what_it_uses(serve: Serve, written: DoorClient) -> None:
    """Without a provider of SMS no number is asked for, without a mail server no address."""
    asked = [name for name in ("phone", "email") if f'name="{name}"' in written.get("/lapor").text]
    assert asked == ["phone", "email"]
    help_text = page_text(written.get("/bantuan").text)
    assert "kabar lewat SMS atau email" in help_text
    only_mail = serve(**_SMTP).get("/lapor").text
    assert [name for name in ("phone", "email") if f'name="{name}"' in only_mail] == ["email"]


def test_an_unusable_contact_is_named(written: DoorClient) -> None:
    """The form names a number that gets no SMS and an incomplete address, before the report is sent."""
    page = send_form(written, phone="021 345 6789", email="sekar@contoh")

    assert (page.status_code, set(messages_by_field(page))) == (400, {"phone", "email"})
    assert '<details class="card" id="bagian-kontak" open>' in page.text


def test_a_number_is_proven_after_the_receipt(written: DoorClient, twilio: LoopbackTwilio) -> None:
    """The receipt offers a code; the code page takes it; the receipt then says that news come by SMS."""
    number, query = sent_report(written, email="")
    receipt = written.get(f"/web/receipts/{number}?{query}")
    assert "••• 708" in receipt.text
    assert PHONE not in receipt.text
    assert (ways(written, number), twilio.sends) == (frozenset(), [])

    page = written.post(f"/web/kontak/{number}/kode?{query}")
    assert (page.status_code, page.headers["Location"]) == (303, f"/web/kontak/{number}?{query}")
    (sms,) = twilio.sends
    assert sms["To"] == PHONE
    code = sms["Body"].partition(": ")[2][:6]
    assert "one-time-code" in written.get(f"/web/kontak/{number}?{query}").text

    soon = written.post(f"/web/kontak/{number}/kode?{query}")
    assert (soon.status_code, int(soon.headers["Retry-After"]) > 0) == (429, True)
    wrong = written.post(f"/web/kontak/{number}?{query}", data={"kode": f"{(int(code) + 1) % 1_000_000:06}"})
    assert (wrong.status_code, "Kode ini tidak benar" in wrong.text, len(twilio.sends)) == (400, True, 1)
    assert ways(written, number) == frozenset()

    for _ in range(2):
        right = written.post(f"/web/kontak/{number}?{query}", data={"kode": code})
        assert (right.status_code, right.headers["Location"]) == (303, f"/web/receipts/{number}?{query}")
    assert ways(written, number) == {"sms"}
    assert "••• 708 sudah terbukti" in page_text(written.get(f"/web/receipts/{number}?{query}").text)


def test_only_the_receipt_opens_the_code_page(written: DoorClient, twilio: LoopbackTwilio) -> None:
    """The number alone neither shows the page nor sends a code."""
    number, _ = sent_report(written)

    for query in ("", "bukti=", f"bukti={'0' * 32}"):
        assert written.get(f"/web/kontak/{number}?{query}").status_code == 404
        assert written.post(f"/web/kontak/{number}/kode?{query}").status_code == 404
        assert written.post(f"/web/email/{number}?tanda={query}").status_code == 404
    assert twilio.sends == []


def test_codes_of_one_address_are_limited(serve: Serve, twilio: LoopbackTwilio, written: DoorClient) -> None:
    """Who requests codes for many numbers is stopped, and hears so on the page. A provider that is away is named."""
    twilio.script.append(refusal(20003, 401))
    number, query = sent_report(written)
    away = written.post(f"/web/kontak/{number}/kode?{query}")
    assert (away.status_code, "tidak dapat dikirim" in away.text) == (503, True)

    served = serve(**written.parts.settings.model_dump() | {"rates": {"contact-code": "1/hour"}})
    headers = {"X-Forwarded-For": "203.0.113.7"}
    reports = [sent_report(served, text=f"Lampu {turn}.", phone=f"+62812000017{turn}") for turn in (11, 12)]
    codes = [served.post(f"/web/kontak/{number}/kode?{query}", headers=headers) for number, query in reports]
    assert [page.status_code for page in codes] == [303, 429]


def test_first_mails_of_one_address_are_limited(serve: Serve) -> None:
    """Who types many strangers' addresses is stopped. The reports are accepted, and other senders get their mail."""
    served = serve(rates={"first-mail": "1/day"}, **_SMTP)
    for number, address in enumerate(("203.0.113.7", "203.0.113.7", "203.0.113.8")):
        headers = {"X-Forwarded-For": address}
        answer = send_form(served, None, headers, text=f"Lampu {number}.", email=f"warga{number}@contoh.id")
        assert answer.status_code == 303
    assert [mail.to for mail in mails(served)] == ["warga0@contoh.id", "warga2@contoh.id"]


def test_an_address_is_confirmed_by_the_button_of_the_page(written: DoorClient) -> None:
    """The first mail has the number and no word of the report. Only the button confirms: programs open links too."""
    number, query = sent_report(written, phone="", rahasia="true")
    assert "s•••@contoh.id" in written.get(f"/web/receipts/{number}?{query}").text
    (mail,) = mails(written)
    assert (mail.to, number in mail.subject) == (EMAIL, True)
    assert "jembatan" not in mail.body.casefold()

    link = next(word for word in mail.body.split() if "/web/email/" in word)
    path = link.removeprefix(written.parts.settings.reached_at)
    assert "Kirimi saya kabar" in written.get(path).text
    assert ways(written, number) == frozenset()
    confirmed = written.post(path)
    assert (confirmed.status_code, "sudah dikonfirmasi" in confirmed.text) == (200, True)
    assert ways(written, number) == {"email"}
    assert_english(written.get(path, headers={"Cookie": "bahasa=en", "Accept": "text/html"}))


def test_a_report_sent_twice_is_written_to_once(written: DoorClient) -> None:
    """A double press is one report and one mail. A second report to an unconfirmed address gets none."""
    numbers = [sent_report(written, phone="")[0] for _ in range(2)]
    assert numbers[0] == numbers[1]
    sent_report(written, phone="", text="Lampu mati.")

    assert len(mails(written)) == 1


def test_the_report_is_accepted_without_the_database(serve: Serve) -> None:
    """The contact can't be stored then; the sender has the number all the same."""
    served = serve(migrated=False, **_SMTP)

    receipt = served.get(send_form(served).headers["Location"])
    assert (receipt.status_code, "sudah kami terima" in receipt.text) == (200, True)
    assert served.published_count() == 1


def test_pages_of_the_proof_are_english(written: DoorClient) -> None:
    """The receipt with contacts and the code page have no Indonesian text."""
    headers = {"Cookie": "bahasa=en", "Accept": "text/html"}
    number, query = sent_report(written)
    assert_english(written.get(f"/web/receipts/{number}?{query}", headers=headers))
    assert_english(written.get(f"/web/kontak/{number}?{query}", headers=headers))
    assert_english(written.post(f"/web/kontak/{number}?{query}", data={"kode": "1"}, headers=headers))
