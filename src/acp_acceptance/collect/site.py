"""What the inventory itself says of a cluster, as facts: nothing is connected to."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from acp_acceptance.collect.layout import layout_of
from acp_acceptance.model.cluster import ClusterFacts, PlannedInstallation
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.inventory import Cluster, Inventory
    from acp_acceptance.inventory.parameters import Certificate
    from acp_acceptance.model.certificate import CertificateFile
    from acp_acceptance.model.runner_view import RunnerView


def cluster_facts(inventory: Inventory, views: Mapping[str, RunnerView]) -> list[ClusterFacts]:
    """Give the facts of clusters that are planned; ``views`` are what this machine sees of them, by cluster.

    Passwords are read from the environment variables that the inventory names, and only compared: what is kept is a
    mark made with a key that is thrown away here. Of a certificate's file the fingerprint is taken.
    """
    key = secrets.token_bytes(32)
    return [
        ClusterFacts(
            cluster.name,
            {
                "planned": _planned(cluster, key),
                "layout": layout_of(inventory, cluster),
                "certificate": _certificate(cluster.parameters.certificate),
                **({"runner_view": views[cluster.name]} if cluster.name in views else {}),
            },
        )
        for cluster in inventory.site.clusters.values()
    ]


def _certificate(planned: Certificate) -> CertificateFile | Problem:
    if planned.file is None:
        return Problem("not-collected", "the inventory does not say parameters.certificate.file")
    # Imported here: few inventories name a file, and what reads it takes a tenth of a second.
    from acp_acceptance.collect.certificates import certificate_file  # noqa: PLC0415 - as said

    return certificate_file(planned.file, planned.key_file)


def _planned(cluster: Cluster, key: bytes) -> PlannedInstallation | Problem:
    asked = cluster.parameters
    repository, certificate = asked.image_repository, asked.certificate
    try:
        fingerprint = planned_fingerprint(certificate)
    except (OSError, ValueError) as error:
        return Problem("unreadable", printable(f"the certificate {certificate.file} cannot be read: {error}"))
    return PlannedInstallation(
        vip=cluster.vip,
        platform_address=asked.platform_address,
        cluster_endpoint=asked.cluster_endpoint,
        http_port=asked.http_port,
        https_port=asked.https_port,
        other_platform_addresses=asked.other_platform_addresses,
        self_built_vip=asked.self_built_vip.enabled,
        certificate=certificate.kind,
        certificate_fingerprint=fingerprint,
        image_repository=repository.kind,
        image_repository_address=repository.address,
        image_repository_username=repository.username,
        password=_mark(repository.password_from, key),
        admin_user=asked.admin_user,
    )


def planned_fingerprint(certificate: Certificate) -> str | None:
    """Give the SHA-256 of the certificate that the inventory plans; ``None`` where it names none.

    Raises:
        OSError, ValueError: its file cannot be read, or holds none.
    """
    return certificate.fingerprint or _fingerprint(certificate.file)


def _fingerprint(file: str | None) -> str | None:
    """Give the SHA-256 of the first certificate in a PEM file; of its key nothing is read."""
    if file is None:
        return None
    text = Path(file).read_text(encoding="ascii", errors="replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    if begin not in text or end not in text:
        raise ValueError("it holds no certificate in PEM form")
    first = text[text.index(begin) : text.index(end) + len(end)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def _mark(variable: str | None, key: bytes) -> str | None:
    password = os.environ.get(variable) if variable else None
    if not password:
        return password
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()[:16]
