"""Cause why a broker of Kafka cannot be used, by its address: unknown host, refused, TLS, or a wrong password.

Kafka's client says only that it found no broker. Each address is tried once more, step by step.
"""

import socket
import ssl
from collections.abc import Iterator

from bus.errors import Retry
from config.settings import Settings

_CONNECT_SECONDS = 3.0


def broker_faults(settings: Settings, error: Exception) -> str:
    """Return each address with its fault, or all addresses with the cause of `error`. A password is never quoted."""
    addresses = [address.strip() for address in settings.kafka_bootstrap.split(",") if address.strip()]
    faults = [f"{address}: {fault}" for address in addresses for fault in _address_faults(address, settings)]
    if faults:
        return "; ".join(faults)
    if isinstance(error, Retry) and settings.kafka_security.startswith("SASL"):
        # The client tries a refused password until its time is over, and does not return the cause.
        names = "SATUPINTU_KAFKA_SASL_USERNAME, SATUPINTU_KAFKA_SASL_PASSWORD, SATUPINTU_KAFKA_SASL_MECHANISM"
        cause = f"the user or the password is wrong ({names}), or the broker is still starting"
        return f"{', '.join(addresses)}: it answers, but begins no session: {cause}"
    return f"{', '.join(addresses)}: {error}"


def _address_faults(address: str, settings: Settings) -> Iterator[str]:
    """Yield the fault of an address, if it has one."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        yield "not an address; write host:port in SATUPINTU_KAFKA_BOOTSTRAP"
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS) as connection:
            if fault := _tls_fault(connection, host.strip("[]"), settings):
                yield fault
    except OSError as error:
        yield error.strerror or str(error) or type(error).__name__


def _tls_fault(connection: socket.socket, host: str, settings: Settings) -> str:
    """Return what is wrong with TLS on this connection; an empty text if the broker and the settings agree."""
    if not settings.kafka_security.endswith("SSL"):
        return "it expects TLS (SATUPINTU_KAFKA_SECURITY)" if _speaks_tls(connection, host) else ""
    try:
        with _client_context(settings).wrap_socket(connection, server_hostname=host):
            return ""
    except ssl.SSLCertVerificationError as error:
        return f"TLS: {error.verify_message} (SATUPINTU_KAFKA_SSL_CAFILE)"
    except ssl.SSLError as error:
        return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()} (SATUPINTU_KAFKA_SECURITY)"
    except OSError as error:
        return f"TLS: {error.strerror or error} (SATUPINTU_KAFKA_SECURITY)"


def _client_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.kafka_ssl_cafile)
    if settings.kafka_ssl_certfile:
        context.load_cert_chain(settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile)
    return context


def _speaks_tls(connection: socket.socket, host: str) -> bool:
    """Return True if the other side makes a TLS handshake. Nothing secret is sent, so any certificate will do."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(connection, server_hostname=host):
            return True
    except OSError:
        return False
