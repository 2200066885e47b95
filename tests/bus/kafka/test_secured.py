"""Kafka with TLS and a password needs settings only. Wrong settings give a named error."""

import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.startup.broker_faults import broker_faults
from app.surroundings import system_surroundings
from bus.errors import Retry, Stop
from bus.port import Membership, Outgoing, Record
from config.settings import Settings
from messages.topics import COMPLAINTS
from tests.bus.kafka.fixture import new_node
from tests.bus.kafka.node import Node
from tests.conftest import NOW
from tests.support.service import REGISTRY

PASSWORD = "a password for tests"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return files with a key and certificate for this machine, and with the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    new_certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1708)
        .not_valid_before(NOW - timedelta(days=3650))
        .not_valid_after(NOW + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = new_certificate.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + public)
    (folder / "ca.pem").write_bytes(public)
    return folder / "server.pem", folder / "ca.pem"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, formatted: Path) -> Iterator[tuple[Node, Path]]:
    """A node that needs a password, and the certificate that identifies it."""
    server, authority = certificate(tmp_path_factory.mktemp("tls"))
    node = new_node(formatted, keystore=server, password=PASSWORD)
    node.start()
    yield node, authority
    node.close()


def settings(secured: tuple[Node, Path], home: Path, **more: object) -> Settings:
    """Return the settings of an operator."""
    node, authority = secured
    return Settings.model_validate(
        {
            "home": home,
            "reference_folder": REGISTRY,
            "bus": "kafka",
            "kafka_bootstrap": f"127.0.0.1:{node.secured}",
            "kafka_security": "SASL_SSL",
            "kafka_sasl_mechanism": "PLAIN",
            "kafka_sasl_username": "satupintu",
            "kafka_sasl_password": PASSWORD,
            "kafka_ssl_cafile": authority,
            **more,
        }
    )


def test_every_client_works_with_a_password(secured: tuple[Node, Path], tmp_path: Path) -> None:
    """Topics, producer, transactional consumer and reader all use the settings."""
    parts = Parts(settings(secured, tmp_path), CHANNELS, system_surroundings())
    parts.ensure_topics()
    producer = parts.bus.producer()
    producer.publish([Outgoing(COMPLAINTS, b"key", b"value")])
    producer.close()
    consumer = parts.bus.consumer(Membership("secured", "member", (COMPLAINTS,)))
    records: list[Record] = []
    until = time.monotonic() + 30
    while not records and time.monotonic() < until:
        records = list(consumer.poll(0.3, 10))
    consumer.commit([Outgoing("oversight", record.key, record.value) for record in records])
    consumer.close()
    reader = parts.bus.reader()
    assert [record.value for record in reader.read(["oversight"])] == [b"value"]
    reader.close()


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"kafka_sasl_password": "another"}, "it answers, but begins no session: the user or the password is wrong"),
        ({"kafka_ssl_cafile": None}, "TLS: self-signed certificate"),
        ({"kafka_security": "SASL_PLAINTEXT"}, "it expects TLS (SATUPINTU_KAFKA_SECURITY)"),
    ],
    ids=["password", "authority", "plaintext"],
)
def test_wrong_settings_are_refused(
    secured: tuple[Node, Path], tmp_path: Path, wrong: dict[str, object], cause: str
) -> None:
    """Wrong settings raise our own error in time, and `check` names address and cause. No secret is quoted."""
    parts = Parts(settings(secured, tmp_path, **wrong), CHANNELS, system_surroundings())
    with pytest.raises((Retry, Stop)) as caught:
        parts.bus.ping(5.0)
    text = broker_faults(parts.settings, caught.value)
    assert text.startswith(f"127.0.0.1:{secured[0].secured}: {cause}")
    assert not any(secret in f"{text} {caught.value}" for secret in (PASSWORD, "another"))
