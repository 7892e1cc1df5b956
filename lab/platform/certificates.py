"""Certificates for the platform's endpoints: a good one, and each kind of bad one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

_ISSUED_BEFORE = timedelta(days=400)

GOOD = "good"
DAYS = {
    GOOD: 365,
    "second": 365,
    "self-signed": 365,
    "expired": -2,
    "ends-in-5-days": 5,
    "ends-in-20-days": 20,
    "other-name": 365,
    "foreign": 365,
}
"""Kinds of certificates, and the days that each is still valid."""


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The certificate in PEM form."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The key in PEM form."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _issued(
    subject: str, days: int, issuer: Issued | None = None, names: tuple[str, ...] = (), addresses: tuple[str, ...] = ()
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    now = datetime.now(timezone.utc)
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _ISSUED_BEFORE)
        # An hour more, so that the whole days that are left are those that were asked for.
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(item) for item in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(item)) for item in addresses]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(usage, critical=False)
    else:
        no = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
        )
        usages = x509.KeyUsage(**no, decipher_only=False, digital_signature=True, key_cert_sign=True, crl_sign=True)
        builder = builder.add_extension(usages, critical=True)
    return Issued(builder.sign(signer, SHA256()), key)


@dataclass
class Authority:
    """Who issues the platform's certificates, and what it issued.

    Attributes:
        domain: the platform's name.
        addresses: at which it is reached, too.
    """

    domain: str
    addresses: tuple[str, ...]

    @cached_property
    def root(self) -> Issued:
        """The authority's own certificate."""
        return _issued("ACP lab", 3650)

    @cached_property
    def _made(self) -> dict[str, Issued]:
        return {}

    def certificate(self, kind: str = GOOD) -> Issued:
        """Give the certificate of a kind of :data:`DAYS`; always the same one."""
        if kind not in self._made:
            names = ("other.example.com",) if kind == "other-name" else (self.domain,)
            addresses = () if kind == "other-name" else self.addresses
            others = {"foreign": _issued("Another authority", 3650), "self-signed": None}
            self._made[kind] = _issued(names[0], DAYS[kind], others.get(kind, self.root), names, addresses)
        return self._made[kind]
