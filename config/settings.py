"""The settings of the service. Each has a default for one machine, and each unusable value is refused by name.

A field is read from the environment variable `SATUPINTU_<FIELD>`, from a `.env` file in the working directory, or from
the file of that name in the folder of secrets.
"""

import os
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from socket import gethostname
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import DotEnvSettingsSource, NoDecode, SettingsConfigDict

from config.page_settings import DeskSettings, WebSettings
from config.privacy_settings import PrivacySettings
from config.reference.folder import SHIPPED_FOLDER
from config.setting_values import is_loopback, split_list

_MIN_SECRET_CHARACTERS = 32
# Addresses at which this machine reaches a process that listens on all addresses.
_LOOPBACK_OF_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses that operators set
# Distance of the operations' port and of the practice X from `port`.
_OPS_PORT_OFFSET = 2
_PRACTICE_X_PORT_OFFSET = 1
# Pause between two requests for mentions, in seconds.
_X_POLL_SECONDS, _LOOPBACK_POLL_SECONDS = 15.0, 1.0
_URLS = ("public_url", "desk_url", "oidc_issuer", "x_base_url", "twilio_base_url", "fcm_base_url")
_X_REPLY_KEYS = ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_token_secret")


def reachable_host(host: str) -> str:
    """Return the host at which this machine reaches a process that listens on `host`."""
    return _LOOPBACK_OF_ANY.get(host, host)


class SettingsError(ValueError):
    """The service cannot run with these settings or tables. The text has one line for each fault."""


def _split_rates(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [pair.strip() for pair in value.split(",") if pair.strip()]
    if invalid := [pair for pair in pairs if "=" not in pair]:
        raise ValueError(f"'{invalid[0]}' names no door and rate; write web=60/minute")
    return dict(pair.split("=", 1) for pair in pairs)


def _check_rates(rates: dict[str, str]) -> dict[str, str]:
    if not rates:
        return rates
    # It takes long to import, and only processes with doors have rates.
    from limits import parse  # noqa: PLC0415

    for door, rate in rates.items():
        try:
            parse(rate)
        except ValueError as error:
            raise ValueError(f"'{door}={rate}' is not a rate; write {door}=60/minute") from error
    return rates


def _split_numbers(value: object) -> object:
    """Return the numbers by name of `kota-3374=2,bumn-pln=3`. A pair without a number is refused, not ignored."""
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in map(str.strip, value.split(",")) if pair]
    return {name.strip(): number.strip() for name, _, number in pairs}


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


class Settings(DeskSettings, PrivacySettings, WebSettings):
    """All settings. They do not change after they are read; secrets print as asterisks."""

    model_config = SettingsConfigDict(env_prefix="SATUPINTU_", env_file=".env", frozen=True, extra="ignore")

    home: Path = Field(Path(".satupintu"), description="Data folder: database, local bus, generated secrets.")
    host: str = Field("127.0.0.1", description="Address the HTTP process listens on; 0.0.0.0 for all.")
    port: int = Field(1708, ge=1, le=65_535, description="Port the HTTP process listens on.")
    public_url: str = Field("", description="Address that providers and citizens use; signatures cover it.")
    instance: str = Field(default_factory=gethostname, description="Stable name of this process in its groups.")
    secrets_folder: Annotated[Path | None, BeforeValidator(_none_if_empty)] = Field(
        None,
        description="Folder with one file for each setting that stands in no variable, as in SATUPINTU_SECRET_KEY.",
    )
    reference_folder: Path = Field(
        SHIPPED_FOLDER, description="Folder of the operator's reference tables; for a missing one the shipped is read."
    )

    ops_host: str = Field("127.0.0.1", description="Address of the operations' port; no citizen should reach it.")
    ops_port: int = Field(
        0, ge=0, le=65_535, description="Operations' port; 0: two behind PORT where the monitor runs, elsewhere none."
    )
    ops_names: Annotated[list[str], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list, description="Host names by which the operations' port is reached, as in monitor.internal."
    )
    ops_seconds: float = Field(5.0, ge=0.2, description="Pause between two snapshots of the monitor.")
    audit_minutes: float = Field(60.0, ge=0, description="Pause between two audits of the monitor; 0: none.")
    archive_folder: Annotated[Path | None, BeforeValidator(_none_if_empty)] = Field(
        None, description="Folder into which the monitor archives the topics each night; empty: no archive."
    )
    ops_peers: Annotated[list[str], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list, description="Operations' ports of all processes, as in http://10.0.0.7:1710."
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
    kafka_broker_session_seconds: float = Field(
        9.0, ge=1, le=60, description="broker.session.timeout.ms of the brokers; our timeouts follow from it."
    )

    batch_pauses: Annotated[
        dict[str, Annotated[int, Field(ge=0, le=5_000)]], NoDecode, BeforeValidator(_split_numbers)
    ] = Field(
        default_factory=dict,
        description="Milliseconds between the beginnings of two batches of a stage, as in router=0,ledger=500.",
    )

    trusted_proxies: str = Field("127.0.0.1", description="Proxies whose X-Forwarded-For is used, comma-separated.")
    rates: Annotated[dict[str, str], NoDecode, BeforeValidator(_split_rates), AfterValidator(_check_rates)] = Field(
        default_factory=dict, description="Limit of requests per sender and door, as in web=60/minute,mobile=30/minute."
    )
    requests_at_once: int = Field(
        200, ge=1, description="Requests handled at once; a usual one takes 2 MB of memory, the worst 35 MB."
    )
    file_gigabytes: int = Field(100, ge=1, description="Database space for the files of all reports and answers.")
    spool_megabytes: int = Field(1024, ge=1, description="Disk space for messages accepted while the bus is away.")

    database_url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL; empty: SQLite in the data folder.")
    database_connections: int = Field(5, ge=1, description="Most connections of each process to PostgreSQL.")
    database_statement_seconds: float = Field(
        30.0, ge=1, le=300, description="Limit of one statement in PostgreSQL; a stage then tries its batch again."
    )

    secret_key: SecretStr = Field(
        SecretStr(""), description="Root secret, 32 characters or more; empty: made once, in the data folder."
    )
    other_secret_keys: Annotated[list[SecretStr], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list,
        description="Secrets that hosts had by mistake, comma-separated: they open what those sealed, no more.",
    )
    answer_keys: Annotated[dict[str, PositiveInt], NoDecode, BeforeValidator(_split_numbers)] = Field(
        default_factory=dict, description="Lowest accepted generation of agencies' keys, as in kota-3374=2,bumn-pln=3."
    )
    twilio_auth_tokens: Annotated[list[SecretStr], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list, description="Auth tokens that may sign SMS webhooks, comma-separated, for rotation."
    )
    twilio_shared_keys: Annotated[list[SecretStr], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list, description="Secrets of Twilio's SharedKeys that may sign instead, comma-separated."
    )
    twilio_account_sid: str = Field(
        "", pattern=r"^(AC[0-9a-fA-F]{32})?$", description="Account whose messages are listed and sent."
    )
    twilio_base_url: str = Field("", description="Address of Twilio's API; empty: Twilio itself.")
    open311_keys: Annotated[list[SecretStr], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=list, description="Keys (api_key) of the apps that may report by Open311; empty: open to all."
    )
    smpp_host: str = Field("", description="The operator's or aggregator's SMSC; empty: no SMPP.")
    smpp_port: int = Field(2775, ge=1, le=65_535, description="Its port.")
    smpp_system_id: str = Field("", max_length=15, description="Our name at the SMSC.")
    smpp_password: SecretStr = Field(SecretStr(""), max_length=8, description="SMPP 3.4 allows no more than 8 symbols.")
    smpp_system_type: str = Field("", max_length=12, description="Our system type, if the SMSC asks for one.")
    smpp_answers_per_second: float = Field(5.0, gt=0, description="Maximum of SMS that we send over SMPP in a second.")
    x_bearer_token: SecretStr = Field(
        SecretStr(""), description="App-only token; empty: the practice X on loopback, with Kafka a shut door."
    )
    x_base_url: str = Field("", description="Address of the X API; empty: X itself, or practice without a token.")
    x_user_id: str = Field("1708", pattern=r"^[0-9]{1,19}$", description="Numeric id of the account mentioned.")
    x_since_hours: float = Field(
        24.0, ge=1, le=8760, description="Hours before the first start of which mentions are read."
    )
    x_reads_per_day: int = Field(0, ge=0, description="Limit of posts read from X in a UTC day; 0: no limit.")
    x_media_hosts: Annotated[list[str], NoDecode, BeforeValidator(split_list)] = Field(
        default_factory=lambda: ["pbs.twimg.com"], description="Hosts that pictures of posts are fetched from."
    )
    x_recheck_days: int = Field(
        7, ge=0, description="Days during which each post is looked up once a day for deletion; 0: never."
    )

    replies_days: float = Field(7.0, gt=0, le=365, description="Age from which on a reply is no longer sent.")
    replies_per_sender: int = Field(10, ge=1, description="Limit of replies to one sender in a day; more are withheld.")
    twilio_from: str = Field(
        "",
        pattern=r"^(\+[1-9][0-9]{3,14}|[0-9]{3,8}|MG[0-9a-fA-F]{32})?$",
        description="Sender of SMS by Twilio.",
    )
    smpp_from: str = Field("1708", pattern=r"^[0-9A-Za-z]{1,20}$", description="Sender of SMS replies over SMPP.")
    sms_per_minute: int = Field(60, ge=1, description="Limit of SMS sent in a minute.")
    x_consumer_key: SecretStr = Field(SecretStr(""), description="Key of our app at X; replies are signed with it.")
    x_consumer_secret: SecretStr = SecretStr("")
    x_access_token: SecretStr = Field(SecretStr(""), description="Token of the account that replies.")
    x_access_token_secret: SecretStr = SecretStr("")
    x_replies_per_day: int = Field(1500, ge=1, description="Limit of replies on X in a day; the rest waits.")
    x_secret_replies: Literal["none", "message"] = Field(
        "none", description="Reply on X to a sender who asked for anonim or rahasia: none, or a direct message."
    )
    fcm_credentials: Path | None = Field(None, description="JSON of the service account that sends pushes.")
    fcm_base_url: str = Field("", description="Address of FCM; empty: Google itself.")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = Field("console", description="Columns for people, JSON for programs.")

    @model_validator(mode="after")
    def _check_bus(self) -> Self:
        if self.bus == "kafka" and not self.kafka_bootstrap:
            raise ValueError("SATUPINTU_KAFKA_BOOTSTRAP is needed with SATUPINTU_BUS=kafka")
        if self.kafka_security.startswith("SASL") and not self.kafka_sasl_mechanism:
            raise ValueError(f"SATUPINTU_KAFKA_SASL_MECHANISM is needed with {self.kafka_security}")
        return self

    @model_validator(mode="after")
    def _check_secret(self) -> Self:
        if 0 < len(self.secret_key.get_secret_value()) < _MIN_SECRET_CHARACTERS:
            raise ValueError(f"SATUPINTU_SECRET_KEY must have {_MIN_SECRET_CHARACTERS} characters or more")
        return self

    @model_validator(mode="after")
    def _check_urls(self) -> Self:
        # The address is not quoted: it may contain a password.
        if unusable := [number for number, peer in enumerate(self.ops_peers, start=1) if not _is_http(peer)]:
            raise ValueError(f"SATUPINTU_OPS_PEERS: address {unusable[0]} must begin with http:// or https://")
        for name in _URLS:
            if (url := getattr(self, name)) and not _is_http(url):
                raise ValueError(f"SATUPINTU_{name.upper()} must begin with http:// or https://")
        return self

    @model_validator(mode="after")
    def _check_smpp(self) -> Self:
        if self.smpp_host and not self.smpp_system_id:
            raise ValueError("SATUPINTU_SMPP_SYSTEM_ID is needed with SATUPINTU_SMPP_HOST")
        return self

    @model_validator(mode="after")
    def _check_reply_providers(self) -> Self:
        if self.twilio_from and not (self.twilio_account_sid and self.twilio_auth_tokens):
            needed = "SATUPINTU_TWILIO_ACCOUNT_SID and SATUPINTU_TWILIO_AUTH_TOKENS"
            raise ValueError(f"{needed} are needed with SATUPINTU_TWILIO_FROM")
        missing = [name for name in _X_REPLY_KEYS if not getattr(self, name).get_secret_value()]
        if 0 < len(missing) < len(_X_REPLY_KEYS):
            raise ValueError(f"replies on X need SATUPINTU_{missing[0].upper()} too")
        return self

    @cached_property
    def reached_at(self) -> str:
        """The public address without a slash at its end; without one, the address on this machine."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @cached_property
    def desk_reached_at(self) -> str:
        """The address of the desk for persons who sign in, without a slash at its end."""
        if self.desk_url:
            return self.desk_url.rstrip("/")
        is_local = not self.public_url and self.desk_port
        return f"http://127.0.0.1:{self.desk_port}" if is_local else self.reached_at

    def ops_port_of(self, stages: Collection[str]) -> int:
        """Return the operations' port of a process with these stages; 0 if it has none."""
        return self.ops_port or (self.port + _OPS_PORT_OFFSET if "monitor" in stages else 0)

    @property
    def peers(self) -> list[str]:
        """The operations' addresses of the watched processes: those set, or the process of this machine."""
        host = reachable_host(self.ops_host)
        own_address = f"http://{f'[{host}]' if ':' in host else host}:{self.ops_port or self.port + _OPS_PORT_OFFSET}"
        return [peer.rstrip("/") for peer in self.ops_peers] or [own_address]

    @property
    def practice_x(self) -> bool:
        """True if this process simulates X itself, on the embedded bus: neither a token nor an address of X is set."""
        return self.bus == "local" and not self.has_x

    @property
    def has_x(self) -> bool:
        """True if a token or an address of X is set."""
        return bool(self.x_base_url or self.x_bearer_token.get_secret_value())

    @cached_property
    def x_url(self) -> str:
        """The address of the X API."""
        if self.practice_x:
            return f"http://127.0.0.1:{self.port + _PRACTICE_X_PORT_OFFSET}"
        return (self.x_base_url or "https://api.x.com").rstrip("/")

    @property
    def twilio_url(self) -> str:
        """The address of Twilio's API."""
        return (self.twilio_base_url or "https://api.twilio.com").rstrip("/")

    @property
    def x_media_from(self) -> set[str]:
        """Hosts that pictures are fetched from. A loopback X serves its own pictures."""
        return {*self.x_media_hosts, *([urlsplit(self.x_url).netloc] if is_loopback(self.x_url) else [])}

    @property
    def x_pause(self) -> float:
        """Seconds between two requests for mentions."""
        return _LOOPBACK_POLL_SECONDS if is_loopback(self.x_url) else _X_POLL_SECONDS

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'satupintu.db'}"


def unknown_names(variables: Iterable[str]) -> list[str]:
    """Return the names of variables that begin as settings do, and name none. Names of the tests are left out."""
    setting_names = {f"SATUPINTU_{name.upper()}" for name in Settings.model_fields}
    return sorted(
        name
        for name in {variable.upper() for variable in variables}
        if name.startswith("SATUPINTU_") and not name.startswith("SATUPINTU_TEST_") and name not in setting_names
    )


def given_names() -> list[str]:
    """Return the names of the variables of the environment and of the `.env` file, and of the files of secrets."""
    folder = _secrets_folder()
    files = [path.name for path in folder.iterdir() if path.is_file()] if folder and folder.is_dir() else []
    return [*os.environ, *DotEnvSettingsSource(Settings).env_vars, *files]


def _secrets_folder() -> Path | None:
    """Return the folder of secrets that the environment names; a `.env` file cannot."""
    name = os.environ.get("SATUPINTU_SECRETS_FOLDER")
    return Path(name) if name else None


def _is_http(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}


def load() -> Settings:
    """Return the settings of this process. Raises `SettingsError` with one line for each fault."""
    folder = _secrets_folder()
    if folder and not folder.is_dir():
        raise SettingsError(f"SATUPINTU_SECRETS_FOLDER: {folder} is no folder")
    try:
        return Settings(_secrets_dir=folder)
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in fault["loc"]).upper()
            lines.append(f"SATUPINTU_{name}: {fault['msg']}" if name else fault["msg"].removeprefix("Value error, "))
        raise SettingsError("\n".join(lines)) from None
