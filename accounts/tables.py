"""Tables of accounts. Tokens, recovery codes and typed names are stored as hashes only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, kept

_STAFF = kept("persons who sign in, no sender")


class AccountRow(SQLModel, table=True):
    """Person who signs in. `email` is in lower case.

    `password_hash` (Argon2id) is empty for a person who signs in by OIDC only. A revoked account stays, with its time
    of revocation: the audit log names it by its id. `unit` is the code of the unit of an officer; empty for the whole
    institution.

    `decree` and `decree_date` name the decree that appoints the person. From `ends_at` on the person cannot sign in;
    `released_at` is the time at which nobody's cases were left with that person after it. From `away_from` to
    `away_until` the person is on leave, and the account `stand_in` stands in.
    """

    __tablename__ = "account"
    __table_args__ = declared(_STAFF, retention="staff-accounts")

    id: UUID = Field(primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: str
    agency: str = Field(index=True)
    unit: str = ""
    password_hash: str = ""
    wants_digest: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_sign_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decree: str = ""
    decree_date: date | None = None
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stand_in: UUID | None = Field(default=None, index=True)
    away_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    away_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SessionRow(SQLModel, table=True):
    """Session of a signed-in browser. It ends by deletion. `device` is a coarse name such as `Firefox, Windows`."""

    __tablename__ = "account_session"
    __table_args__ = declared(_STAFF, retention="staff-sessions")

    token_hash: str = Field(primary_key=True)
    id: UUID = Field(unique=True)
    account_id: UUID = Field(index=True)
    device: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime = Field(sa_type=UtcDateTime)


class PendingSignInRow(SQLModel, table=True):
    """Sign-in that is not complete: a second factor or the answer of the OIDC provider is missing.

    `account_id` is None before the OIDC provider names the person. `attempts` counts typed codes. `state_hash`, `nonce`
    and `code_verifier` belong to OIDC (RFC 7636, OpenID Connect Core 3.1).
    """

    __tablename__ = "account_pending_sign_in"
    __table_args__ = declared(_STAFF, retention="staff-sessions")

    token_hash: str = Field(primary_key=True)
    account_id: UUID | None = Field(default=None, index=True)
    continue_at: str
    attempts: int = 0
    state_hash: str = ""
    nonce: str = ""
    code_verifier: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class InvitationRow(SQLModel, table=True):
    """One-time link by which a person sets a password. With `account_id` it sets a new one for that account."""

    __tablename__ = "account_invitation"
    __table_args__ = declared(_STAFF, retention="invitations")

    token_hash: str = Field(primary_key=True)
    id: UUID = Field(unique=True)
    account_id: UUID | None = Field(default=None, index=True)
    email: str = Field(index=True)
    name: str
    role: str
    agency: str = Field(index=True)
    unit: str = ""
    decree: str = ""
    decree_date: date | None = None
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    invited_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignInAttemptRow(SQLModel, table=True):
    """Failed or unfinished attempt. `subject` is a keyed hash of the typed name, the network or both."""

    __tablename__ = "account_sign_in_attempt"
    __table_args__ = (
        Index("ix_account_sign_in_attempt_subject_at", "subject", "at"),
        declared(_STAFF, retention="staff-sessions"),
    )

    id: UUID = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class SecondFactorRow(SQLModel, table=True):
    """Second factor of a person (TOTP, RFC 6238). `secret` is sealed. `confirmed_at` is None until a code was right.

    `last_step` is the time step of the last accepted code: a code is accepted once.
    """

    __tablename__ = "account_second_factor"
    __table_args__ = declared(_STAFF, retention="staff-accounts")

    account_id: UUID = Field(primary_key=True)
    secret: str
    last_step: int = 0
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCodeRow(SQLModel, table=True):
    """Unused code for a person who lost the device of the second factor."""

    __tablename__ = "account_recovery_code"
    __table_args__ = declared(_STAFF, retention="staff-accounts")

    code_hash: str = Field(primary_key=True)
    account_id: UUID = Field(index=True)
