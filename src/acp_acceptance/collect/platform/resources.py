"""What is listed through the API: a table of facts, the collections they are made of, and their readers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.platform import appreleases, cluster_services, nodes, pods, workloads
from acp_acceptance.model.platform.listing import SkimmingReader
from acp_acceptance.model.platform.resources import KINDS, ResourceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msgspec import Raw

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.model.platform.listing import Reader


@dataclass(frozen=True)
class Listing:
    """One fact that is made of one or more collections.

    Attributes:
        fact: its name in :class:`~acp_acceptance.model.platform.PlatformFacts`.
        reader: makes a reader; it is given the objects of all paths in turn.
        paths: of the collections.
        otherwise: the path that is read where the server knows none of these: another version of the same kind.
        absent: what it means where the server does not know the collection, for people.
    """

    fact: str
    reader: Callable[[], Reader[Any]]
    paths: tuple[str, ...]
    otherwise: str = ""
    absent: str = ""


NO_PLATFORM = "the server knows no AppReleases (appreleases.operator.alauda.io): is this a cluster of the platform?"

OWN_PATHS = {
    # The older version has the state of the base beside the phase; the newer one has the phase alone.
    "ProductBase": ("/apis/product.alauda.io/v1alpha1/productbases", "/apis/product.alauda.io/v1alpha2/productbases"),
    "ClusterModule": (
        "/apis/cluster.alauda.io/v1alpha1/clustermodules",
        "/apis/cluster.alauda.io/v1alpha2/clustermodules",
    ),
    "ModuleInfo": ("/apis/cluster.alauda.io/v1alpha1/moduleinfoes", ""),
    "Cluster": ("/apis/platform.tkestack.io/v1/clusters", ""),
    "Machine": ("/apis/platform.tkestack.io/v1/machines", ""),
    "ClusterVersionShadow": ("/apis/config.alauda.io/v1/clusterversionshadows", ""),
}
"""Collections of the platform's own resources, by kind: the one to read, and where that is not known, the other."""

LISTINGS = (
    Listing(
        "appreleases",
        appreleases.reader,
        ("/apis/operator.alauda.io/v1alpha1/appreleases",),
        absent=NO_PLATFORM,
    ),
    Listing("pods", pods.PodReader, ("/api/v1/pods",)),
    # What runs, and where.
    Listing("deployments", workloads.deployments, ("/apis/apps/v1/deployments",)),
    Listing("stateful_sets", workloads.stateful_sets, ("/apis/apps/v1/statefulsets",)),
    Listing("daemon_sets", workloads.daemon_sets, ("/apis/apps/v1/daemonsets",)),
    Listing("jobs", workloads.JobReader, ("/apis/batch/v1/jobs",)),
    Listing("cron_jobs", workloads.cron_jobs, ("/apis/batch/v1/cronjobs",)),
    Listing("nodes", nodes.reader, ("/api/v1/nodes",)),
    # The platform's own resources.
    *(
        Listing(
            KINDS[kind].fact,
            partial(ResourceReader, kind),
            (path,),
            otherwise,
            absent=f"the server knows no {kind} ({path.partition('/apis/')[2]})",
        )
        for kind, (path, otherwise) in OWN_PATHS.items()
    ),
    # What the platform needs of its cluster; all of it changes with the Pods behind it.
    Listing("claims", cluster_services.claims, ("/api/v1/persistentvolumeclaims",)),
    Listing("storage_classes", cluster_services.storage_classes, ("/apis/storage.k8s.io/v1/storageclasses",)),
    Listing(
        "api_services",
        cluster_services.api_services,
        ("/apis/apiregistration.k8s.io/v1/apiservices",),
    ),
    Listing(
        "signing_requests",
        cluster_services.signing_requests,
        ("/apis/certificates.k8s.io/v1/certificatesigningrequests",),
    ),
    Listing(
        "webhooks",
        cluster_services.WebhookReader,
        (
            "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        ),
    ),
    Listing(
        "service_backends",
        cluster_services.BackendReader,
        ("/apis/discovery.k8s.io/v1/endpointslices",),
    ),
)


def read(api: Api, listing: Listing) -> object:
    """Read one fact; gives it, or the :class:`Problem` in its place. What was read before an error is kept."""
    reader = listing.reader()
    seen = 0
    missing = ""

    skimming = reader.skim if isinstance(reader, SkimmingReader) else None

    def skim(content: bytes | Raw) -> bool:
        nonlocal seen
        skimmed = skimming is not None and skimming(content)
        seen += skimmed
        return skimmed

    try:
        for path in listing.paths:
            for found in _objects(api, path, listing.otherwise, skim if skimming else None):
                reader.take(found)
                seen += 1
    except ApiError as error:
        reason = listing.absent if error.kind == "absent" and listing.absent else error.reason
        if not seen:
            return Problem(error.kind, reason)
        missing = f"after {seen} objects: {reason}"
    return reader.result(missing)


def _objects(
    api: Api, path: str, otherwise: str, skim: Callable[[bytes | Raw], bool] | None
) -> Iterator[dict[str, Any]]:
    """List a collection, or the other version of it where the server does not know this one."""
    try:
        yield from api.items(path, skim=skim)
    except ApiError as error:
        if error.kind != "absent" or not otherwise:
            raise
        yield from api.items(otherwise, skim=skim)
