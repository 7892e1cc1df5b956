"""What is observed of an installed cluster through its API, and what follows from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.platform.api_server import ApiServer
from acp_acceptance.model.platform.appreleases import AppReleases
from acp_acceptance.model.platform.certificates import Certificates
from acp_acceptance.model.platform.endpoints import Endpoints
from acp_acceptance.model.platform.etcd import Etcd, EtcdMetrics
from acp_acceptance.model.platform.installer import Installer
from acp_acceptance.model.platform.names import Names
from acp_acceptance.model.platform.pods import Pods

if TYPE_CHECKING:
    from collections.abc import Mapping


class PlatformFacts(Facts):
    """What was observed of one installed cluster. A fact is one thing that is asked of the API."""

    api_server = Fact(ApiServer)
    appreleases = Fact(AppReleases)
    pods = Fact(Pods)

    # Seen from the machine that runs the suite.
    web_endpoints = Fact(Endpoints)
    registry_endpoints = Fact(Endpoints)
    balanced_endpoints = Fact(Endpoints)
    api_endpoints = Fact(Endpoints)
    certificates = Fact(Certificates)

    # Asked by exec and port-forward, and over SSH.
    etcd = Fact(Etcd)
    etcd_metrics = Fact(EtcdMetrics)
    names = Fact(Names)
    installer = Fact(Installer)


ITEMS: dict[str, Fact[Any]] = {
    "apprelease": PlatformFacts.appreleases,
    "namespace": PlatformFacts.pods,
    "web-endpoint": PlatformFacts.web_endpoints,
    "registry-endpoint": PlatformFacts.registry_endpoints,
    "balanced-endpoint": PlatformFacts.balanced_endpoints,
    "api-endpoint": PlatformFacts.api_endpoints,
    "certificate": PlatformFacts.certificates,
}
"""Kinds of targets that are found in a cluster, and the fact whose ``items`` they are."""


def items_of(facts: PlatformFacts, kind: str) -> Mapping[str, Any]:
    """Give what was found of one kind of target, by name.

    Raises:
        CollectionError: it could not be listed.
    """
    found: Mapping[str, Any] = facts.measured(ITEMS[kind]).items
    return found
