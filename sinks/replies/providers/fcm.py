"""Push notifications to the app through Firebase Cloud Messaging, HTTP v1, and the meaning of its errors for a reply.

A notification carries the reply's id as its tag (Android) and collapse id (Apple). A phone shows the same reply once,
so a reply with an unknown outcome is sent again.
"""

from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials

from sinks.replies.providers.provider import (
    OutgoingReply,
    PermanentFailure,
    ReplyWithheld,
    RetryLater,
    retry_after_seconds,
)

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GOOGLE = "https://fcm.googleapis.com"
_TIMEOUT_SECONDS = (5.0, 30.0)
# Limit of the whole call, including a new access token.
_CALL_SECONDS = 60.0
# Google's page on FCM errors: wait a minute if there is no Retry-After.
_RATE_LIMIT_SECONDS = 60.0
# Wait after an error that an operator must fix first.
_OPERATOR_ERROR_SECONDS = 900.0
# A notification that reaches no phone for a week has no news any more.
_TIME_TO_LIVE = "604800s"
_TITLE = "SP4N-LAPOR!"


class FcmPush:
    """Provider of push notifications. `account` is the JSON of a service account; `base_url` may be a stand-in.

    Raises `ValueError` if `account` is not a service account.
    """

    repeatable = True

    def __init__(
        self, account: dict[str, Any], base_url: str = GOOGLE, timeout: tuple[float, float] = _TIMEOUT_SECONDS
    ) -> None:
        # google-auth has types, but not on these.
        credentials = Credentials.from_service_account_info(account, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
        self._session = AuthorizedSession(credentials, refresh_timeout=_CALL_SECONDS)  # type: ignore[no-untyped-call]
        self._url = f"{base_url.rstrip('/')}/v1/projects/{account.get('project_id', '')}/messages:send"
        self._timeout = timeout

    def address(self, reply: OutgoingReply) -> str:
        """Return the app's push token. Raises `ReplyWithheld` if the app gave none."""
        if not reply.contact.push:
            raise ReplyWithheld("no_token")
        return f"push:{reply.contact.push}"

    def deliver(self, reply: OutgoingReply) -> str:
        """Send; see `ReplyProvider`. Never raises `OutcomeUnknown`."""
        try:
            response: requests.Response = self._session.request(  # type: ignore[no-untyped-call]
                "POST", self._url, json=_message(reply), timeout=self._timeout, max_allowed_time=_CALL_SECONDS
            )
            if response.ok:
                return str(response.json()["name"])
        except (requests.RequestException, GoogleAuthError, ValueError, KeyError, TypeError) as error:
            raise RetryLater(type(error).__name__) from None
        raise _reply_error(response)


def _message(reply: OutgoingReply) -> dict[str, Any]:
    reply_id = str(reply.id)
    return {
        "message": {
            "token": reply.contact.push,
            "notification": {"title": _TITLE, "body": reply.text},
            "data": {"reply_id": reply_id, "tracking": reply.tracking, "kind": reply.kind},
            "android": {"ttl": _TIME_TO_LIVE, "notification": {"tag": reply_id}},
            "apns": {"headers": {"apns-collapse-id": reply_id}},
        }
    }


def _reply_error(response: requests.Response) -> RetryLater | PermanentFailure:
    """Return the meaning of an FCM error: by its own code if it has one, else by the HTTP status."""
    status, code = response.status_code, _error_code(response)
    retry_after = retry_after_seconds(response.headers.get("Retry-After"))
    if code == "UNREGISTERED":
        return PermanentFailure(code, "unregistered")
    if code in {"INVALID_ARGUMENT", "SENDER_ID_MISMATCH"}:
        return PermanentFailure(code)
    if status == requests.codes.too_many_requests:
        return RetryLater("rate_limited", retry_after or _RATE_LIMIT_SECONDS)
    if status >= requests.codes.server_error:
        return RetryLater(code or f"http_{status}", retry_after)
    # Wrong credentials, a missing project or Apple's key: an error of the operator, not of this phone.
    return RetryLater(code or f"http_{status}", _OPERATOR_ERROR_SECONDS)


def _error_code(response: requests.Response) -> str:
    try:
        details = response.json()["error"].get("details", [])
        codes = [detail["errorCode"] for detail in details if "errorCode" in detail]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(codes[0]) if codes else ""
