"""What is observed of an installed cluster through its API, and what follows from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.platform.api_server import ApiServer
from acp_acceptance.model.platform.appreleases import AppReleases
from acp_acceptance.model.platform.certificates import Certificates
from acp_acceptance.model.platform.cluster_services import (
    ApiServices,
    Claims,
    ServiceBackends,
    SigningRequests,
    StorageClasses,
    Webhooks,
)
from acp_acceptance.model.platform.endpoints import Endpoints
from acp_acceptance.model.platform.etcd import Etcd, EtcdMetrics
from acp_acceptance.model.platform.gathered import nodes_of, resources_of, workloads_of
from acp_acceptance.model.platform.installer import Installer
from acp_acceptance.model.platform.names import Names
from acp_acceptance.model.platform.nodes import PlatformNodes
from acp_acceptance.model.platform.pods import Pods
from acp_acceptance.model.platform.resources import Resources
from acp_acceptance.model.platform.workloads import CronJobs, Jobs, Rollouts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from acp_acceptance.model.layout import ClusterLayout


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

    # What runs, and where.
    deployments = Fact(Rollouts)
    stateful_sets = Fact(Rollouts)
    daemon_sets = Fact(Rollouts)
    jobs = Fact(Jobs)
    cron_jobs = Fact(CronJobs)
    nodes = Fact(PlatformNodes)

    # The platform's own resources.
    product_bases = Fact(Resources)
    cluster_modules = Fact(Resources)
    module_infos = Fact(Resources)
    clusters = Fact(Resources)
    machines = Fact(Resources)
    version_shadows = Fact(Resources)

    # What the platform needs of its cluster.
    claims = Fact(Claims)
    storage_classes = Fact(StorageClasses)
    api_services = Fact(ApiServices)
    signing_requests = Fact(SigningRequests)
    webhooks = Fact(Webhooks)
    service_backends = Fact(ServiceBackends)


ITEMS: dict[str, Fact[Any] | Callable[[PlatformFacts, ClusterLayout | None], Mapping[str, Any]]] = {
    "apprelease": PlatformFacts.appreleases,
    "namespace": PlatformFacts.pods,
    "web-endpoint": PlatformFacts.web_endpoints,
    "registry-endpoint": PlatformFacts.registry_endpoints,
    "balanced-endpoint": PlatformFacts.balanced_endpoints,
    "api-endpoint": PlatformFacts.api_endpoints,
    "certificate": PlatformFacts.certificates,
    "workload": workloads_of,
    "platform-node": nodes_of,
    "resource": resources_of,
}
"""Kinds of targets that are found in a cluster: the fact whose ``items`` they are, or what gathers them of several.

What gathers gives a :class:`Problem` in the place of an item that could not be measured.
"""


def items_of(facts: PlatformFacts, kind: str, layout: ClusterLayout | None = None) -> Mapping[str, Any]:
    """Give what was found of one kind of target, by name.

    Args:
        facts: of the cluster.
        kind: one of :data:`ITEMS`.
        layout: the cluster as the inventory plans it; ``None`` where that is not known.

    Raises:
        CollectionError: it could not be listed.
    """
    source = ITEMS[kind]
    if not isinstance(source, Fact):
        return source(facts, layout)
    found: Mapping[str, Any] = facts.measured(source).items
    return found
