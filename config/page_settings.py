"""The settings of the desk (sign-in, webhooks, e-mail) and of the pages for citizens. See `config.settings`."""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from config.setting_values import is_loopback, split_list

_MAIL_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)


class DeskSettings(BaseSettings):
    """Part of `Settings`."""

    desk_port: int = Field(
        0, ge=0, le=65_535, description="Port of the desk and of the agencies' interface; 0: the same as PORT."
    )
    desk_url: str = Field("", description="Address of the desk for persons who sign in; empty: PUBLIC_URL.")

    oidc_issuer: str = Field("", description="OpenID Connect provider of the persons who sign in; empty: none.")
    oidc_client_id: str = Field("", description="Our name at the provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Our secret at the provider.")

    webhook_allow_http: bool = Field(False, description="Webhooks of agencies may have http addresses, too.")
    webhook_allowed_networks: Annotated[list[IPvAnyNetwork], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list, description="Private networks with receivers of webhooks, as in 10.20.0.0/16,fd00::/64."
    )

    smtp_host: str = Field("", description="Mail server for notices to officers; empty: no e-mail.")
    smtp_port: int = Field(587, ge=1, le=65_535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="TLS after STARTTLS, TLS from the first byte (port 465), or none."
    )
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = Field("", description="Sender of e-mail, as in satu-pintu@lapor.example.")

    @model_validator(mode="after")
    def _check_smtp(self) -> Self:
        if self.smtp_host and not _MAIL_ADDRESS.fullmatch(self.smtp_from):
            raise ValueError("SATUPINTU_SMTP_FROM must be a mail address, as in satu-pintu@lapor.example")
        if self.smtp_security == "none" and self.smtp_password.get_secret_value():
            raise ValueError("SATUPINTU_SMTP_PASSWORD needs SATUPINTU_SMTP_SECURITY=starttls or tls")
        return self

    @model_validator(mode="after")
    def _check_oidc(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret.get_secret_value()):
            needed = "SATUPINTU_OIDC_CLIENT_ID and SATUPINTU_OIDC_CLIENT_SECRET"
            raise ValueError(f"{needed} are needed with SATUPINTU_OIDC_ISSUER")
        if self.oidc_issuer and not (self.oidc_issuer.startswith("https://") or is_loopback(self.oidc_issuer)):
            raise ValueError("SATUPINTU_OIDC_ISSUER must begin with https://")
        return self


class WebSettings(BaseSettings):
    """Part of `Settings`."""

    operator_name: str = Field(
        "Kementerian Pendayagunaan Aparatur Negara dan Reformasi Birokrasi",
        min_length=1,
        description="Institution that runs the service, as the pages for citizens name it.",
    )
    operator_address: str = Field(
        "Jalan Jenderal Sudirman Kav. 69, Jakarta Selatan 12190", description="Its postal address."
    )
    operator_email: str = Field(
        "", description="Mail address of its data protection officer; empty: the pages name the postal address only."
    )

    public_view: bool = Field(
        False, description="Everybody may read masked reports at /publik, in a feed and by Open311."
    )
    public_figures: bool = Field(
        False, description="Everybody may read figures at /angka, with small numbers suppressed."
    )
    codes_per_day: int = Field(
        2000, ge=1, description="Limit of codes by SMS that prove phone numbers, in a day and to all numbers."
    )
    first_mails_per_day: int = Field(
        2000, ge=1, description="Limit of first mails to addresses that the form names, in a day and to all addresses."
    )

    @model_validator(mode="after")
    def _check_operator(self) -> Self:
        if self.operator_email and not _MAIL_ADDRESS.fullmatch(self.operator_email):
            raise ValueError("SATUPINTU_OPERATOR_EMAIL must be a mail address, as in data@lapor.example")
        if not (self.operator_address or self.operator_email):
            raise ValueError("one of SATUPINTU_OPERATOR_ADDRESS and SATUPINTU_OPERATOR_EMAIL is needed")
        return self
