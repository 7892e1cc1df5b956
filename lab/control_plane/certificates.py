"""Certificates of a control plane: authorities made for it, and what they sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_YEAR = 365.0
_TEN_YEARS = 10 * _YEAR
_EARLIER = timedelta(minutes=5)
"""Valid since a little before now, for nodes whose clock is behind."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both as PEM.

    Attributes:
        certificate: the certificate.
        key: its key.
    """

    certificate: str
    key: str


class Authority:
    """Signs certificates; its own is signed by itself.

    Attributes:
        pair: its own certificate and key.
    """

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name, ())
        own = _unsigned(self._name, self._key.public_key(), self._name, _TEN_YEARS)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        own = own.add_extension(_usage(signs=True), critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._certificate = own.add_extension(identifier, critical=False).sign(self._key, hashes.SHA256())
        self.pair = Pair(_pem(self._certificate), private_text(self._key))

    def sign(
        self, name: str, organisations: Sequence[str] = (), names: Sequence[str] = (), days: float = _YEAR
    ) -> Pair:
        """Make a key, and sign a certificate for it, which serves as a client's and as a server's.

        Args:
            name: the common name, which is the user's name in Kubernetes.
            organisations: the user's groups in Kubernetes.
            names: host names and addresses that it is valid for.
            days: how long it is valid; less than 0 for one that has expired.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _unsigned(_named(name, organisations), key.public_key(), self._name, days)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        unsigned = unsigned.add_extension(_usage(signs=False), critical=True)
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        unsigned = unsigned.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        unsigned = unsigned.add_extension(issuer, critical=False)
        if names:
            unsigned = unsigned.add_extension(x509.SubjectAlternativeName(list(map(_general, names))), critical=False)
        return Pair(_pem(unsigned.sign(self._key, hashes.SHA256())), private_text(key))

    def write(self, folder: Path, name: str) -> None:
        """Write its certificate and key as ``name.crt`` and ``name.key``."""
        (folder / f"{name}.crt").write_text(self.pair.certificate, encoding="ascii")
        key = folder / f"{name}.key"
        key.touch(0o600)
        key.write_text(self.pair.key, encoding="ascii")


def key_pair() -> Pair:
    """Make a key without a certificate; the public key stands in the certificate's place."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(public.decode("ascii"), private_text(key))


def private_text(key: ec.EllipticCurvePrivateKey) -> str:
    """Give a private key as PEM, in the form that all of Kubernetes' programs read."""
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode("ascii")


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _named(name: str, organisations: Sequence[str]) -> x509.Name:
    words = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation) for organisation in organisations]
    return x509.Name([*words, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _unsigned(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    end = now + timedelta(days=days)
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=min(now, end) - _EARLIER,
        not_valid_after=end,
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
