"""The platform's certificates: those that its ports serve, and the one that it is given by a Secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from acp_acceptance.model.certificate import CertificateFile, out_of_time
from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class PlatformCertificate:
    """One certificate with its chain; nothing of its key was kept.

    Attributes:
        content: what it holds; ``None`` where it was not seen.
        names: what it is to be for: addresses and domains.
        issuer: how its issuer is known: ``cluster`` (the CA of the kubeconfig signed it), ``own`` (of the customer: the
            chain must be served), ``platform`` (the platform made it itself); empty where nobody says.
        expected_issuer: who issued the platform's own certificate, where this one is to be that; else empty.
        problem: why it was not seen, or what it is to be for is not known.
    """

    content: CertificateFile | None
    names: tuple[str, ...] = ()
    issuer: str = ""
    expected_issuer: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Certificates:
    """All of them: by address and port, or by the Secret's name."""

    items: Mapping[str, PlatformCertificate]


def unfit(certificate: PlatformCertificate, at: datetime, days: int) -> Iterator[Fault]:
    """Give what is wrong with a certificate: its names, its chain, its dates.

    Raises:
        CollectionError: it was not seen; or whether its chain is whole cannot be told.
    """
    content = seen(certificate)
    if content.form != "pem":
        yield "none", {}
    for sentence, subject, issuer in content.breaks:
        if sentence != "issuer_missing" or certificate.issuer == "own":
            yield sentence, {"subject": subject, "issuer": issuer}
    expected = certificate.expected_issuer
    if content.chain and expected not in {"", content.chain[0].issuer}:
        yield "foreign", {"issuer": content.chain[0].issuer, "expected": expected}
    for name in certificate.names:
        if content.form == "pem" and not content.covers(name):
            yield "name", {"address": name, "names": (*content.names, *content.addresses)}
    yield from out_of_time(content.chain, at, days)


def expiring(certificate: PlatformCertificate, at: datetime, days: int) -> Iterator[Fault]:
    """Give the certificates of a chain that are not valid, or not for ``days`` more.

    Raises:
        CollectionError: it was not seen, or is none.
    """
    content = seen(certificate)
    if not content.chain:
        raise CollectionError("there is no readable certificate that could expire", kind="absent")
    return out_of_time(content.chain, at, days)


def require_known(certificate: PlatformCertificate) -> None:
    """Make sure that everything that a certificate is judged by was known.

    Raises:
        CollectionError: it was not.
    """
    if certificate.problem:
        raise CollectionError(certificate.problem)
    missing = [subject for sentence, subject, _ in seen(certificate).breaks if sentence == "issuer_missing"]
    if missing and not certificate.issuer:
        raise CollectionError(
            f"the issuer of {missing[0]} is not served, and the inventory does not say parameters.certificate.kind "
            "(own or self_signed), which decides whether it must be",
            kind="unsaid",
        )


def seen(certificate: PlatformCertificate) -> CertificateFile:
    """Give what a certificate holds.

    Raises:
        CollectionError: it was not seen.
    """
    if certificate.content is None:
        raise CollectionError(certificate.problem)
    return certificate.content
