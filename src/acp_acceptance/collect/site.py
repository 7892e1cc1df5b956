"""What the inventory itself says of a cluster, as facts: nothing is connected to."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from acp_acceptance.model.cluster import ClusterFacts, PlannedInstallation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.inventory import Cluster


def cluster_facts(clusters: Iterable[Cluster]) -> list[ClusterFacts]:
    """Give the facts of clusters that are planned.

    Passwords are read from the environment variables that the inventory names, and only compared: what is kept is a
    mark made with a key that is thrown away here.
    """
    key = secrets.token_bytes(32)
    return [ClusterFacts(cluster.name, {"planned": _planned(cluster, key)}) for cluster in clusters]


def _planned(cluster: Cluster, key: bytes) -> PlannedInstallation:
    asked = cluster.parameters
    repository, certificate, self_built = asked.image_repository, asked.certificate, asked.self_built_vip
    return PlannedInstallation(
        vip=cluster.vip,
        platform_address=asked.platform_address,
        cluster_endpoint=asked.cluster_endpoint,
        http_port=asked.http_port,
        https_port=asked.https_port,
        other_platform_addresses=asked.other_platform_addresses,
        self_built_vip=self_built.enabled,
        certificate=certificate.kind,
        certificate_fingerprint=certificate.fingerprint,
        image_repository=repository.kind,
        image_repository_address=repository.address,
        image_repository_username=repository.username,
        password=_mark(repository.password_from, key),
        admin_user=asked.admin_user,
    )


def _mark(variable: str | None, key: bytes) -> str | None:
    password = os.environ.get(variable) if variable else None
    if not password:
        return password
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()[:16]
