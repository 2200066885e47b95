"""The settings of the pages for citizens: the operator of the service, the public view. See `config.settings`."""

import re
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

_MAIL_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)


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
