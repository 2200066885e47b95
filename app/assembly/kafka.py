"""Builds the Kafka bus from the settings."""

from dataclasses import replace

from app.clock import Clock
from bus.errors import Stop
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.kafka.timeouts import KafkaTimeouts
from config.settings import Settings


def kafka_bus(settings: Settings, clock: Clock, deadline: float | None = None) -> KafkaBus:
    """Return the bus. `deadline` (seconds) replaces the default limit of one call."""
    client_settings = kafka_settings(settings)
    if deadline is not None:
        client_settings = replace(client_settings, deadline=deadline)
    return KafkaBus(client_settings, clock)


def kafka_settings(settings: Settings) -> KafkaSettings:
    """Return the settings of the Kafka client. Raises `Stop` naming the timeouts that do not fit together."""
    timeouts = KafkaTimeouts.for_brokers(settings.kafka_broker_session_seconds)
    if faults := timeouts.faults(settings.kafka_broker_session_seconds):
        raise Stop(f"SATUPINTU_KAFKA_BROKER_SESSION_SECONDS does not fit: {'; '.join(faults)}")
    files = (settings.kafka_ssl_cafile, settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile)
    cafile, certfile, keyfile = (str(path) if path else None for path in files)
    return KafkaSettings(
        bootstrap=settings.kafka_bootstrap,
        security_protocol=settings.kafka_security,
        sasl_mechanism=settings.kafka_sasl_mechanism or None,
        sasl_username=settings.kafka_sasl_username or None,
        sasl_password=settings.kafka_sasl_password.get_secret_value() or None,
        ssl_cafile=cafile,
        ssl_certfile=certfile,
        ssl_keyfile=keyfile,
        replication_factor=settings.kafka_replication,
        deadline=timeouts.deadline,
        request_timeout=timeouts.request,
        session_timeout=timeouts.session,
        max_poll_interval=timeouts.max_poll_interval,
        transaction_timeout=timeouts.transaction,
    )
