"""Reading the platform's own certificate and its key on the machine that runs the suite."""

from __future__ import annotations

import ssl
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from acp_acceptance.collect.quiet import quiet
from acp_acceptance.model.certificate import CertificateFile, ChainLink
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from datetime import datetime


_FILE_LIMIT = 2**20
_MOST_CERTIFICATES = 20


def certificate_file(file: str, key_file: str | None) -> CertificateFile | Problem:
    """Give what the certificate's file holds. Of the key nothing but whether it fits is kept."""
    try:
        data = _read(file)
    except OSError as error:
        return Problem("unreadable", printable(f"the certificate {file} cannot be read: {error.strerror}"))
    try:
        chain = x509.load_pem_x509_certificates(data)[:_MOST_CERTIFICATES]
        return _described(chain, *_key_fits(chain[0], key_file))
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return CertificateFile(form="der" if _is_der(data) else "none")


def served_certificate(encoded: list[bytes]) -> CertificateFile:
    """Give what certificates hold that a server sent, its own first, in DER form; ``form`` says where one is none."""
    try:
        return _described([x509.load_der_x509_certificate(item) for item in encoded[:_MOST_CERTIFICATES]], None, "")
    except (ValueError, IndexError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return CertificateFile(form="none")


def pem_certificate(data: bytes) -> CertificateFile:
    """Give what a text in PEM form holds; ``form`` says where it holds no certificate."""
    try:
        return _described(x509.load_pem_x509_certificates(data[:_FILE_LIMIT])[:_MOST_CERTIFICATES], None, "")
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return CertificateFile(form="none")


def _read(file: str) -> bytes:
    with Path(file).open("rb") as stream:
        return stream.read(_FILE_LIMIT)


def _is_der(data: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(data)
    except ValueError:
        return False
    return True


def _described(chain: list[x509.Certificate], fits: bool | None, problem: str) -> CertificateFile:  # noqa: FBT001 - an answer
    first = chain[0]
    try:
        names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        # Nothing looks at the common name any more.
        names = x509.SubjectAlternativeName([])
    return CertificateFile(
        form="pem",
        names=tuple(printable(name, limit=253) for name in names.get_values_for_type(x509.DNSName)),
        addresses=tuple(map(str, names.get_values_for_type(x509.IPAddress))),
        fingerprint=first.fingerprint(SHA256()).hex(),
        self_signed=_issued(first, first),
        chain=tuple(
            ChainLink(
                _shown(link.subject),
                _shown(link.issuer),
                _time(link.not_valid_before_utc),
                _time(link.not_valid_after_utc),
            )
            for link in chain
        ),
        breaks=tuple((sentence, _shown(link.subject), _shown(link.issuer)) for sentence, link in _breaks(chain)),
        key_fits=fits,
        key_problem=problem,
    )


def _breaks(chain: list[x509.Certificate]) -> list[tuple[str, x509.Certificate]]:
    """Give the certificates after which the chain does not go on, each with the name of the sentence for it.

    The root may be left out; so only the first certificate's issuer must be there, unless it is a root that this
    machine trusts.
    """
    breaks = []
    for link, following in pairwise(chain):
        if link.issuer == following.subject:
            if not _issued(link, following):
                breaks.append(("signature", link))
        elif link.issuer != link.subject and any(link.issuer == other.subject for other in chain):
            breaks.append(("order", link))
        else:
            breaks.append(("issuer_missing", link))
    alone = len(chain) == 1 and chain[0].issuer != chain[0].subject
    if alone and not any(_issued(chain[0], root) for root in _trusted_roots(chain[0].issuer)):
        breaks.append(("issuer_missing", chain[0]))
    return breaks


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _trusted_roots(subject: x509.Name) -> list[x509.Certificate]:
    """Give the roots of that name that this machine trusts."""
    return [root for root in _all_roots() if root.subject == subject]


@cache
def _all_roots() -> tuple[x509.Certificate, ...]:
    roots = []
    # Some old roots break a rule of today.
    with quiet():
        for encoded in ssl.create_default_context().get_ca_certs(binary_form=True):
            with suppress(ValueError):
                roots.append(x509.load_der_x509_certificate(encoded))
    return tuple(roots)


def _key_fits(certificate: x509.Certificate, file: str | None) -> tuple[bool | None, str]:
    """Tell whether a private key is a certificate's, or why that is not known."""
    if file is None:
        return None, "the inventory does not say parameters.certificate.key_file"
    try:
        key = load_pem_private_key(_read(file), password=None)
        own, other = (
            item.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            for item in (key.public_key(), certificate.public_key())
        )
    except OSError as error:
        return None, printable(f"{file} cannot be read: {error.strerror}")
    except TypeError:
        return None, printable(f"{file} is protected by a passphrase; the platform takes a key without one")
    except (ValueError, UnsupportedAlgorithm):
        # What the library says may quote the key.
        return None, printable(f"{file} holds no private key in PEM form")
    return own == other, ""


def _shown(name: x509.Name) -> str:
    return printable(name.rfc4514_string(), limit=200)


def _time(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
