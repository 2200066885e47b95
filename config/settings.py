"""Every setting of the service: its environment variable, its default for one machine, and what is refused.

Each field is read from `SATUPINTU_<FIELD>`, from the environment or from a `.env` file in the working directory.
"""

from collections.abc import Collection
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.reference.folder import SHIPPED_FOLDER

_SHORTEST_SECRET = 32
# Where who listens on every address is reached from the same machine.
_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what others set


class SettingsError(ValueError):
    """Settings that can't be run with; the text names each variable and what is wrong with it."""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _pairs(value: object) -> object:
    if not isinstance(value, str):
        return value
    return dict(pair.strip().split("=", 1) for pair in value.split(",") if "=" in pair)


class Settings(BaseSettings):
    """Frozen once read. What is secret prints as asterisks."""

    model_config = SettingsConfigDict(env_prefix="SATUPINTU_", env_file=".env", frozen=True, extra="ignore")

    home: Path = Field(Path(".satupintu"), description="Data folder: database, local bus, generated secrets.")
    host: str = Field("127.0.0.1", description="Address the HTTP process listens on; 0.0.0.0 for all.")
    port: int = Field(1708, ge=1, le=65_535, description="Port the HTTP process listens on.")
    public_url: str = Field("", description="Address that providers and citizens use; signatures cover it.")
    instance: str = Field(default_factory=gethostname, description="Stable name of this process in its groups.")
    agencies: Path = Field(
        SHIPPED_FOLDER,
        description="Folder with the tables that an operator keeps; what it lacks is taken as shipped.",
    )

    ops_host: str = Field("127.0.0.1", description="Address of the operations' port; no citizen should reach it.")
    ops_port: int = Field(
        0, ge=0, le=65_535, description="Operations' port; 0: two behind PORT where the monitor runs, elsewhere none."
    )
    ops_seconds: float = Field(5.0, ge=0.2, description="Pause between two looks of the monitor.")
    audit_minutes: float = Field(60.0, ge=0, description="Pause between two audits of the monitor; 0: none.")
    ops_peers: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=list, description="Operations' ports of all processes, as in http://10.0.0.7:1710."
    )

    otlp_endpoint: str = Field("", description="Collector that traces go to, as in http://10.0.0.9:4318; empty: none.")

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

    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses whose X-Forwarded-For is believed, comma-separated."
    )
    rates: Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)] = Field(
        default_factory=dict, description="How often one sender may knock, as in web=60/minute,mobile=30/minute."
    )
    requests_at_once: int = Field(
        200, ge=1, description="Requests in hand at once; a usual one holds 2 MB while it is worked, the worst 35 MB."
    )
    spool_megabytes: int = Field(1024, ge=1, description="Room for what is accepted while the bus is away.")

    database_url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL; empty: SQLite in the data folder.")

    secret_key: SecretStr = Field(
        SecretStr(""), description="Root secret, 32 characters or more; empty: made once, in the data folder."
    )
    twilio_auth_tokens: Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=list, description="Auth tokens that may sign SMS webhooks, comma-separated, for rotation."
    )
    twilio_shared_keys: Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=list, description="Secrets of Twilio's SharedKeys that may sign instead, comma-separated."
    )
    twilio_account_sid: str = Field(
        "", pattern=r"^(AC[0-9a-fA-F]{32})?$", description="Account whose messages are listed and sent."
    )
    twilio_base_url: str = Field("", description="Where Twilio's API is; empty: Twilio itself.")
    open311_keys: Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=list, description="Keys (api_key) of the apps that may report by Open311; empty: open to all."
    )
    smpp_host: str = Field("", description="The operator's or aggregator's SMSC; empty: no SMPP.")
    smpp_port: int = Field(2775, ge=1, le=65_535, description="Its port.")
    smpp_system_id: str = Field("", max_length=15, description="Who we are there.")
    smpp_password: SecretStr = Field(SecretStr(""), max_length=8, description="SMPP 3.4 allows no more than 8 symbols.")
    smpp_system_type: str = Field("", max_length=12, description="Where the SMSC asks for one.")
    smpp_part_seconds: float = Field(
        600.0, ge=1, description="How long the parts of an SMS wait for each other; six times as long one completes it."
    )
    smpp_answers_per_second: float = Field(5.0, gt=0, description="SMS we send over SMPP in a second, at most.")
    x_bearer_token: SecretStr = Field(SecretStr(""), description="App-only token; empty: the practice X on loopback.")
    x_base_url: str = Field("", description="Where the X API is; empty: X itself, or practice without a token.")
    x_user_id: str = Field("1708", pattern=r"^[0-9]{1,19}$", description="Numeric id of the account mentioned.")
    x_poll_seconds: float = Field(
        0.0, ge=0, description="Pause between two looks at the mentions; 0: 15 s at X, 1 s on loopback."
    )
    x_since_hours: float = Field(
        24.0, ge=1, le=8760, description="How far back the very first look goes; older mentions stay where they are."
    )
    x_reads_per_day: int = Field(0, ge=0, description="Posts that X may be asked for in a UTC day; 0: any number.")
    x_stream: bool = Field(False, description="Listen to the filtered stream too, for seconds instead of a pause.")
    x_media_hosts: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=lambda: ["pbs.twimg.com"], description="Hosts that pictures of posts are fetched from."
    )
    x_recheck_days: int = Field(
        7, ge=0, description="For how long each post is asked about once a day: was it withdrawn? 0: never."
    )

    replies_days: float = Field(7.0, gt=0, le=365, description="A reply that is older is not sent any more.")
    replies_per_sender: int = Field(10, ge=1, description="Replies to one sender in a day; more are withheld.")
    twilio_from: str = Field(
        "", pattern=r"^(\+[1-9][0-9]{3,14}|[0-9]{3,8}|MG[0-9a-fA-F]{32})?$", description="Whose SMS the replies are."
    )
    smpp_from: str = Field("1708", pattern=r"^[0-9A-Za-z]{1,20}$", description="Whose SMS the replies over SMPP are.")
    sms_per_minute: int = Field(60, ge=1, description="SMS sent in a minute, to whomever.")
    x_consumer_key: SecretStr = Field(SecretStr(""), description="Key of our app at X; replies are signed with it.")
    x_consumer_secret: SecretStr = SecretStr("")
    x_access_token: SecretStr = Field(SecretStr(""), description="Token of the account that replies.")
    x_access_token_secret: SecretStr = SecretStr("")
    x_replies_per_day: int = Field(1500, ge=1, description="Replies on X in a day; the rest waits for the next.")
    x_secret_replies: Literal["none", "message"] = Field(
        "none", description="How who asked for anonim or rahasia on X is answered: never, or by message to them alone."
    )
    fcm_credentials: Path | None = Field(None, description="JSON of the service account that sends pushes.")
    fcm_base_url: str = Field("", description="Where FCM is; empty: Google itself.")

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
        if wrong := [peer for peer in self.ops_peers if urlsplit(peer).scheme not in {"http", "https"}]:
            raise ValueError(f"SATUPINTU_OPS_PEERS: {wrong[0]} must begin with http:// or https://")
        for name in ("public_url", "x_base_url", "twilio_base_url", "fcm_base_url", "otlp_endpoint"):
            if (url := getattr(self, name)) and urlsplit(url).scheme not in {"http", "https"}:
                raise ValueError(f"SATUPINTU_{name.upper()} must begin with http:// or https://")
        return self

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if self.smpp_host and not self.smpp_system_id:
            raise ValueError("SATUPINTU_SMPP_SYSTEM_ID is needed with SATUPINTU_SMPP_HOST")
        return self

    @model_validator(mode="after")
    def _ways_out(self) -> Self:
        if self.twilio_from and not (self.twilio_account_sid and self.twilio_auth_tokens):
            needs = "SATUPINTU_TWILIO_ACCOUNT_SID and SATUPINTU_TWILIO_AUTH_TOKENS are needed with "
            raise ValueError(f"{needs}SATUPINTU_TWILIO_FROM")
        names = ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_token_secret")
        missing = [name for name in names if not getattr(self, name).get_secret_value()]
        if 0 < len(missing) < len(names):
            raise ValueError(f"replies on X need SATUPINTU_{missing[0].upper()} too")
        return self

    @cached_property
    def reached_at(self) -> str:
        """The public address without a slash at its end; this machine's own where none is set."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    def ops_port_of(self, stages: Collection[str]) -> int:
        """The operations' port of a process with these stages; 0 where it has none."""
        return self.ops_port or (self.port + 2 if "monitor" in stages else 0)

    @property
    def peers(self) -> list[str]:
        """The processes that are watched: those named, or the one of this machine."""
        host = _THIS_MACHINE.get(self.ops_host, self.ops_host)
        own = f"http://{f'[{host}]' if ':' in host else host}:{self.ops_port or self.port + 2}"
        return [peer.rstrip("/") for peer in self.ops_peers] or [own]

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
    def twilio_url(self) -> str:
        """Where SMS are sent, listed, and have their pictures."""
        return (self.twilio_base_url or "https://api.twilio.com").rstrip("/")

    @property
    def x_media_from(self) -> set[str]:
        """Hosts that pictures are fetched from; a loopback X has its own."""
        return {*self.x_media_hosts, *([urlsplit(self.x_url).netloc] if is_loopback(self.x_url) else [])}

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
