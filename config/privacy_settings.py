"""The settings of the keys of persons. See `config.settings`."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class PrivacySettings(BaseSettings):
    """Part of `Settings`. Of the three sources of root keys at most one is set."""

    root_keys: SecretStr = Field(
        SecretStr(""), description="Root keys as ID:HEX, the current one first; empty: derived from SECRET_KEY."
    )
    root_key_file: Path | None = Field(None, description="File with the root keys, as ROOT_KEYS has them.")
    root_key_command: str = Field(
        "", description="Command that prints the root keys, such as the client of a key service."
    )

    @model_validator(mode="after")
    def _check_root_keys(self) -> Self:
        sources = (self.root_keys.get_secret_value(), self.root_key_file, self.root_key_command)
        if sum(map(bool, sources)) > 1:
            names = "SATUPINTU_ROOT_KEYS, SATUPINTU_ROOT_KEY_FILE and SATUPINTU_ROOT_KEY_COMMAND"
            raise ValueError(f"only one of {names} can be set")
        return self
