"""The platform's own certificate: what its file holds, and what is wrong with that."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.cluster import PlannedInstallation
    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class ChainLink:
    """One certificate of the file.

    Attributes:
        not_before: UTC time, ISO 8601.
        not_after: likewise.
    """

    subject: str
    issuer: str
    not_before: str
    not_after: str


@dataclass(frozen=True)
class CertificateFile:
    """What the file of the certificate holds, and whether the key is its own; nothing of the key is kept.

    Attributes:
        form: ``pem``; ``der`` or ``none`` where it holds no certificate in PEM form, and then all else is empty.
        names: DNS names that it is for.
        addresses: IP addresses that it is for.
        fingerprint: SHA-256 of the first certificate, hexadecimal digits.
        self_signed: the first certificate is signed by itself.
        chain: certificates in the file's order.
        breaks: where the chain is broken: the sentence's name (``order``, ``issuer_missing``, ``signature``), the
            subject there, and its issuer.
        key_fits: whether the private key is the first certificate's; ``None`` where that was not seen.
        key_problem: why it was not seen.
    """

    form: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    fingerprint: str = ""
    self_signed: bool = False
    chain: tuple[ChainLink, ...] = ()
    breaks: tuple[tuple[str, str, str], ...] = ()
    key_fits: bool | None = None
    key_problem: str = ""

    def covers(self, address: str) -> bool:
        """Tell whether a domain or IP address is among what it is for; ``*`` stands for one label."""
        bare = address.strip("[]").rstrip(".").lower()
        try:
            wanted = ipaddress.ip_address(bare)
        except ValueError:
            _, _, parent = bare.partition(".")
            names = {name.rstrip(".").lower() for name in self.names}
            return bare in names or bool(parent and f"*.{parent}" in names)
        return wanted in {ipaddress.ip_address(text) for text in self.addresses}


def unusable(certificate: CertificateFile, *, own: bool) -> Iterator[Fault]:
    """Give what is wrong with the file itself.

    Args:
        certificate: what the file holds.
        own: a self-signed certificate will not do (disaster recovery).
    """
    if certificate.form != "pem":
        yield f"form_{certificate.form}", {}
    for sentence, subject, issuer in certificate.breaks:
        yield sentence, {"subject": subject, "issuer": issuer}
    if own and certificate.self_signed:
        yield "self_signed", {}
    if certificate.key_fits is False:
        yield "key", {}


def uncovered(certificate: CertificateFile, planned: PlannedInstallation) -> Iterator[Fault]:
    """Give the platform's addresses that the certificate is not for."""
    addresses = [planned.platform_address, *(planned.other_platform_addresses or ())]
    for address in dict.fromkeys(filter(None, addresses)):
        if certificate.form == "pem" and not certificate.covers(address):
            yield "name", {"address": address, "names": (*certificate.names, *certificate.addresses)}


def out_of_time(chain: Iterable[ChainLink], at: datetime, days: int) -> Iterator[Fault]:
    """Give the certificates that are not valid ``at`` a time, or not for ``days`` more."""
    for link in chain:
        begins, ends = datetime.fromisoformat(link.not_before), datetime.fromisoformat(link.not_after)
        if at < begins:
            yield "not_yet", {"subject": link.subject, "date": f"{begins:%Y-%m-%d}"}
        elif at >= ends:
            yield "expired", {"subject": link.subject, "date": f"{ends:%Y-%m-%d}"}
        elif ends - at < timedelta(days=days):
            yield "expiring", {"subject": link.subject, "date": f"{ends:%Y-%m-%d}", "left": (ends - at).days}


def require_known(certificate: CertificateFile, planned: PlannedInstallation) -> None:
    """Make sure that everything that the certificate is judged by was known.

    Raises:
        CollectionError: the platform's address is not said, or the key was not seen.
    """
    if planned.platform_address is None:
        raise CollectionError(
            "the inventory does not say parameters.platform_address, which the certificate is for", kind="unsaid"
        )
    if certificate.key_fits is None and certificate.form == "pem":
        raise CollectionError(f"whether the key fits was not seen: {certificate.key_problem}", kind="unclear")
