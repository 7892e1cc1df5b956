"""Certificates for tests, made as an authority makes them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate in PEM form."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, passphrase: str = "") -> bytes:
        """The key in PEM form."""
        protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def issued(  # noqa: PLR0913 - what a certificate consists of
    name: str,
    issuer: Issued | None = None,
    *,
    names: Sequence[str] = (),
    addresses: Sequence[str] = (),
    days: tuple[int, int] = (-10, 365),
    key: Key | None = None,
) -> Issued:
    """Issue a certificate; without ``issuer`` by itself. ``days`` are counted from :data:`NOW`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    alternatives = [x509.DNSName(item) for item in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(item)) for item in addresses]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return Issued(builder.sign(issuer.key if issuer else key, SHA256()), key)


@dataclass(frozen=True)
class Authority:
    """A root, an intermediate, and a certificate for the platform."""

    root: Issued
    middle: Issued
    leaf: Issued

    def write(self, folder: Path, content: bytes | None = None, key: bytes | None = None) -> tuple[Path, Path]:
        """Write the certificate's and the key's file: the usual ones unless other content is given."""
        file, key_file = folder / "acp.pem", folder / "acp.key"
        file.write_bytes(self.leaf.pem + self.middle.pem if content is None else content)
        key_file.write_bytes(self.leaf.key_pem() if key is None else key)
        return file, key_file


def authority(name: str = "acp.example.com", days: tuple[int, int] = (-10, 365), key: Key | None = None) -> Authority:
    """Make an authority, and a certificate for a name and the VIP."""
    root = issued("Root", days=(-100, 3650))
    middle = issued("Middle", root, days=(-100, 3650))
    leaf = issued(name, middle, names=[name], addresses=["192.0.2.10"], days=days, key=key)
    return Authority(root, middle, leaf)
