"""Every setting of the service: its environment variable, its default for one machine, and what is refused.

Each field is read from `SATUPINTU_<FIELD>`, from the environment or from a `.env` file in the working directory.
"""

from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_SHORTEST_SECRET = 32


class SettingsError(ValueError):
    """Settings that can't be run with; the text names each variable and what is wrong with it."""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """Frozen once read. What is secret prints as asterisks."""

    model_config = SettingsConfigDict(env_prefix="SATUPINTU_", env_file=".env", frozen=True, extra="ignore")

    home: Path = Field(Path(".satupintu"), description="Data folder: database, local bus, generated secrets.")
    host: str = Field("127.0.0.1", description="Address the HTTP process listens on; 0.0.0.0 for all.")
    port: int = Field(1708, ge=1, le=65_535, description="Port the HTTP process listens on.")
    public_url: str = Field("", description="Address that providers and citizens use; signatures cover it.")
    instance: str = Field(default_factory=gethostname, description="Stable name of this process in its groups.")
    agencies: Path = Field(
        Path(__file__).parent / "data", description="Folder with agencies.csv and rules.csv, as an operator keeps them."
    )

    bus: Literal["local", "kafka"] = Field("local", description="Embedded log, or Apache Kafka.")
    kafka_bootstrap: str = Field("", description="Brokers, as host:port,host:port.")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")
    kafka_ssl_cafile: Path | None = None
    kafka_ssl_certfile: Path | None = None
    kafka_ssl_keyfile: Path | None = None
    kafka_replication: int = Field(1, ge=1, le=9, description="Copies of each topic; 3 for a country.")

    database_url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL; empty: SQLite in the data folder.")

    secret_key: SecretStr = Field(
        SecretStr(""), description="Root secret, 32 characters or more; empty: made once, in the data folder."
    )
    twilio_auth_tokens: Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=list, description="Auth tokens that may sign SMS webhooks, comma-separated, for rotation."
    )
    x_bearer_token: SecretStr = Field(SecretStr(""), description="App-only token; empty: the practice X on loopback.")
    x_base_url: str = Field("", description="Where the X API is; empty: X itself, or practice without a token.")
    x_user_id: str = Field("1708", pattern=r"^[0-9]{1,19}$", description="Numeric id of the account mentioned.")
    x_poll_seconds: float = Field(
        0.0, ge=0, description="Pause between two looks at the mentions; 0: 15 s at X, 1 s on loopback."
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = Field("console", description="Columns for eyes, JSON for machines.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.bus == "kafka" and not self.kafka_bootstrap:
            raise ValueError("SATUPINTU_KAFKA_BOOTSTRAP is needed with SATUPINTU_BUS=kafka")
        if self.kafka_security.startswith("SASL") and not self.kafka_sasl_mechanism:
            raise ValueError(f"SATUPINTU_KAFKA_SASL_MECHANISM is needed with {self.kafka_security}")
        if 0 < len(self.secret_key.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"SATUPINTU_SECRET_KEY must have {_SHORTEST_SECRET} characters or more")
        for name in ("public_url", "x_base_url"):
            if (url := getattr(self, name)) and urlsplit(url).scheme not in {"http", "https"}:
                raise ValueError(f"SATUPINTU_{name.upper()} must begin with http:// or https://")
        return self

    @cached_property
    def reached_at(self) -> str:
        """The public address without a slash at its end; this machine's own where none is set."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def practice_x(self) -> bool:
        """Whether this process plays X itself: neither a token nor an address was given."""
        return not (self.x_base_url or self.x_bearer_token.get_secret_value())

    @cached_property
    def x_url(self) -> str:
        """Where mentions are read."""
        if self.practice_x:
            return f"http://127.0.0.1:{self.port + 1}"
        return (self.x_base_url or "https://api.x.com").rstrip("/")

    @property
    def x_pause(self) -> float:
        """Seconds between two looks at the mentions."""
        return self.x_poll_seconds or (1.0 if is_loopback(self.x_url) else 15.0)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'satupintu.db'}"


def is_loopback(url: str) -> bool:
    """Whether nothing sent to this address can leave the machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load() -> Settings:
    """The settings of this process. Raises `SettingsError` with one line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in fault["loc"]).upper()
            lines.append(f"SATUPINTU_{name}: {fault['msg']}" if name else fault["msg"].removeprefix("Value error, "))
        raise SettingsError("\n".join(lines)) from None
