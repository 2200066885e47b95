"""Reads phone numbers and mail addresses that citizens type. Pure."""

import hashlib
import hmac
import re
import unicodedata

from messages.payloads.submission import e164

# Mobile numbers of Indonesia begin with 08. Codes go to no other number: some foreign and service numbers earn money
# with each SMS, and somebody could request codes for them.
_MOBILE = re.compile(r"\+628[0-9]{6,12}")
# Visible characters with one `@` and a domain with a dot. The mail server knows which addresses exist.
_MAIL = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}", re.ASCII)
_SHOWN_DIGITS = 3
# Both domains of Gmail have the same mailboxes, whose names have no dots (https://support.google.com/mail/answer/7436150).
_GMAIL = frozenset({"gmail.com", "googlemail.com"})


def mobile_number(typed: str) -> str:
    """Return the number as `+62812…`, empty if it is no Indonesian mobile number."""
    number = e164(typed)
    return number if _MOBILE.fullmatch(number) else ""


def mail_address(typed: str) -> str:
    """Return the address without spaces around it, empty if it does not have the form of one.

    A character that stands for another one (NFKC, such as the Kelvin sign) would make it equal to another address.
    """
    address = typed.strip()
    if unicodedata.normalize("NFKC", address) != address:
        return ""
    return address if _MAIL.fullmatch(address) and address.isprintable() else ""


def masked_number(number: str) -> str:
    """Return the number with its last three digits, as its owner recognises it: `••• 890`."""
    return f"••• {number[-_SHOWN_DIGITS:]}" if number else ""


def masked_address(address: str) -> str:
    """Return the address with the first character and the domain: `s•••@contoh.id`."""
    local_part, _, domain = address.rpartition("@")
    return f"{local_part[:1]}•••@{domain}" if local_part else ""


def address_digest(key: bytes, address: str) -> str:
    """Return the keyed digest of a number or an address. Equal addresses in other letters have equal digests."""
    return hmac.digest(key, f"address:{address.lower()}".encode(), hashlib.sha256).hex()


def mailbox_digest(key: bytes, address: str) -> str:
    """Return the digest of the mailbox of an address. `sekar+1@contoh.id` is read in the mailbox of `sekar@contoh.id`.

    The part after a plus sign is an alias at most providers (RFC 5233): one mailbox has any number of them. So have the
    dots of a name at Gmail: `s.ekar@gmail.com` is read by `sekar@googlemail.com`.
    """
    local_part, _, domain = address.rpartition("@")
    mailbox = local_part.partition("+")[0] or local_part
    if domain.casefold() in _GMAIL:
        mailbox, domain = mailbox.replace(".", "") or mailbox, "gmail.com"
    return address_digest(key, f"{mailbox}@{domain}")
