"""Loopback of Google: access tokens for the service account, and FCM HTTP v1."""

import base64
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer

PROJECT = "lapor-test"
_ACCESS = "access-token"


@dataclass
class LoopbackFcm(Loopback):
    """Loopback of Google. `pushed` holds the messages, `tokens` counts the access tokens. The script is for sending."""

    pushed: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 2048))

    def uses_script(self, request: ReceivedRequest) -> bool:
        """See `Loopback`."""
        return request.path != "/token"

    @property
    def account(self) -> dict[str, Any]:
        """Service account's JSON as Google hands it out."""
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": self.key.private_bytes(*form).decode(),
            "client_email": "replies@lapor-test.example",
            "token_uri": f"{self.url}/token",
        }

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """See `Loopback`."""
        if request.path == "/token":
            signed, _, signature = request.form["assertion"].rpartition(".")
            self.key.public_key().verify(
                base64.urlsafe_b64decode(signature + "=="), signed.encode(), padding.PKCS1v15(), SHA256()
            )
            self.tokens += 1
            return json_answer({"access_token": _ACCESS, "expires_in": 3600, "token_type": "Bearer"})
        if request.headers.get("authorization") != f"Bearer {_ACCESS}":
            return refusal(401, "THIRD_PARTY_AUTH_ERROR")
        if request.path != f"/v1/projects/{PROJECT}/messages:send":
            return refusal(404, "")
        self.pushed.append(request.json["message"])
        return json_answer({"name": f"projects/{PROJECT}/messages/{len(self.pushed)}"})


def refusal(status: int, code: str, **headers: str) -> Answer:
    """Return an error in FCM's form; without a code, in the form of Google's other services."""
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}] if code else []
    return json_answer({"error": {"code": status, "message": "no", "details": details}}, status, headers)
