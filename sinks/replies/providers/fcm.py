"""Pushes to the app through Firebase Cloud Messaging, HTTP v1, and what its errors mean for a reply.

A notification carries the reply's id as its tag (Android) and collapse id (Apple): the same reply twice is shown once,
so that one whose fate is unknown is sent again.
"""

from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials

from sinks.replies.providers.provider import Later, Letter, Never, Withheld, seconds_in

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GOOGLE = "https://fcm.googleapis.com"
_TIMEOUT_SECONDS = (5.0, 30.0)
# Of the whole call, a new access token included.
_LONGEST_SECONDS = 60.0
# Google's page on FCM's errors: wait a minute where no Retry-After says otherwise.
_LIMITED_SECONDS = 60.0
# What a person must mend first.
_OURS_SECONDS = 900.0
# A note that finds no phone for so long tells nothing new any more.
_KEPT = "604800s"
_TITLE = "SP4N-LAPOR!"


class FcmPush:
    """`account` is the JSON of a service account; `base_url` is Google's or whatever speaks its protocol.

    Raises `ValueError` on an account that is not one.
    """

    repeatable = True

    def __init__(
        self, account: dict[str, Any], base_url: str = GOOGLE, timeout: tuple[float, float] = _TIMEOUT_SECONDS
    ) -> None:
        # google-auth has types, but not on these.
        credentials = Credentials.from_service_account_info(account, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
        self._session = AuthorizedSession(credentials, refresh_timeout=_LONGEST_SECONDS)  # type: ignore[no-untyped-call]
        self._url = f"{base_url.rstrip('/')}/v1/projects/{account.get('project_id', '')}/messages:send"
        self._timeout = timeout

    def address(self, letter: Letter) -> str:
        """The app's token, where it has one."""
        if not letter.contact.push:
            raise Withheld("no_token")
        return f"push:{letter.contact.push}"

    def deliver(self, letter: Letter) -> str:
        """See `Way`; `Unknown` is never raised."""
        try:
            answer: requests.Response = self._session.request(  # type: ignore[no-untyped-call]
                "POST", self._url, json=_message(letter), timeout=self._timeout, max_allowed_time=_LONGEST_SECONDS
            )
            if answer.ok:
                return str(answer.json()["name"])
        except (requests.RequestException, GoogleAuthError, ValueError, KeyError, TypeError) as error:
            raise Later(type(error).__name__) from None
        raise _meaning(answer)


def _message(letter: Letter) -> dict[str, Any]:
    reply_id = str(letter.id)
    return {
        "message": {
            "token": letter.contact.push,
            "notification": {"title": _TITLE, "body": letter.text},
            "data": {"reply_id": reply_id, "tracking": letter.tracking, "says": letter.says},
            "android": {"ttl": _KEPT, "notification": {"tag": reply_id}},
            "apns": {"headers": {"apns-collapse-id": reply_id}},
        }
    }


def _meaning(answer: requests.Response) -> Later | Never:
    """What an error of FCM's means: its own code where it gives one, else the status."""
    status, code = answer.status_code, _code(answer)
    after = seconds_in(answer.headers.get("Retry-After"))
    if code == "UNREGISTERED":
        return Never(code, "unregistered")
    if code in {"INVALID_ARGUMENT", "SENDER_ID_MISMATCH"}:
        return Never(code)
    if status == requests.codes.too_many_requests:
        return Later("rate_limited", after or _LIMITED_SECONDS)
    if status >= requests.codes.server_error:
        return Later(code or f"http_{status}", after)
    # Wrong credentials, a project that is not there, Apple's key: not this phone's fault.
    return Later(code or f"http_{status}", _OURS_SECONDS)


def _code(answer: requests.Response) -> str:
    try:
        details = answer.json()["error"].get("details", [])
        codes = [detail["errorCode"] for detail in details if "errorCode" in detail]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(codes[0]) if codes else ""
