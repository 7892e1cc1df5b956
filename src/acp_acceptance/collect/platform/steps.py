"""What is asked of an installed cluster beyond listings: each step by itself, side by side, and none for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from acp_acceptance.collect.platform.endpoints import Observer
from acp_acceptance.collect.platform.etcd import etcd_facts, etcd_metrics
from acp_acceptance.collect.platform.installer import installer_facts
from acp_acceptance.collect.platform.names import names_in_cluster
from acp_acceptance.collect.platform.places import places_of
from acp_acceptance.collect.platform.secret import compared, dex_certificate
from acp_acceptance.collect.platform.sick_pods import with_words
from acp_acceptance.collect.side_by_side import Step, do_all
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.certificates import Certificates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.inventory import Cluster, Inventory, Node
    from acp_acceptance.model.sections import Section

    class Asking(Protocol):
        """Reads a section of the probe on a node, which is told some values."""

        def __call__(self, node: Node, name: str, values: Mapping[str, str] = ..., /) -> Section:
            """Read it; raises CollectionError or OSError."""
            ...


_ANSWERS = 4
"""A step asks at most so many things one after the other that can each take the whole deadline."""


@dataclass(frozen=True)
class Subject:
    """What the steps are about.

    Attributes:
        inventory: the site.
        cluster: of it.
        api: of the cluster.
        deadline: seconds for each answer.
        listed: what was listed already.
        ask_node: reads a section of the probe on a node; raises CollectionError or OSError.
    """

    inventory: Inventory
    cluster: Cluster
    api: Api
    deadline: float
    listed: PlatformFacts
    ask_node: Asking


def seen_from_outside(subject: Subject) -> dict[str, object]:
    """Look at the platform's ports and certificates from this machine."""
    places = places_of(subject.inventory, subject.cluster, subject.api)
    outside = Observer(subject.api.access, subject.deadline).observe(places)
    dex = dex_certificate(subject.api, places)
    return {
        "web_endpoints": outside.web,
        "registry_endpoints": outside.registry,
        "balanced_endpoints": outside.balanced,
        "api_endpoints": outside.api,
        "certificates": Certificates({**compared(outside.certificates, dex, places), **dex}),
    }


def etcd_asked(subject: Subject) -> dict[str, object]:
    """Ask etcd."""
    return {"etcd": etcd_facts(subject.api)}


def etcd_measured(subject: Subject) -> dict[str, object]:
    """Read etcd's metrics."""
    return {"etcd_metrics": etcd_metrics(subject.api)}


def names_asked(subject: Subject) -> dict[str, object]:
    """Ask for names in the cluster. The domain of a pair may lead to either side; to which, is not judged here."""
    places = places_of(subject.inventory, subject.cluster, subject.api)
    addresses = [
        address
        for cluster in subject.inventory.site.clusters.values()
        for address in (cluster.vip, cluster.external_ip)
        if address
    ]
    if places.single and not addresses:
        addresses = [node.address for node in places.nodes]
    return {"names": names_in_cluster(subject.api, places, addresses)}


def installer_looked_for(subject: Subject) -> dict[str, object]:
    """Look for what is left of the installer."""
    found = installer_facts(subject.api, subject.inventory, subject.cluster.name, subject.ask_node)
    return {"installer": found}


def sick_pods_asked(subject: Subject) -> dict[str, object]:
    """Let sick Pods say what is wrong; where they cannot, what was listed of them stays."""
    if not subject.listed.is_measured(PlatformFacts.pods):
        return {}
    return {"pods": with_words(subject.api, subject.listed.pods)}


OUTSIDE: tuple[Step[Subject], ...] = (
    Step(
        ("web_endpoints", "registry_endpoints", "balanced_endpoints", "api_endpoints", "certificates"),
        seen_from_outside,
    ),
)
"""What is seen also of a cluster whose API does not answer: that may be why."""

STEPS: tuple[Step[Subject], ...] = (
    *OUTSIDE,
    Step(("etcd",), etcd_asked),
    Step(("etcd_metrics",), etcd_measured),
    Step(("names",), names_asked),
    Step(("installer",), installer_looked_for),
    Step((), sick_pods_asked),
)


def look_further(subject: Subject, steps: Sequence[Step[Subject]] = STEPS) -> dict[str, Any]:
    """Do all steps side by side; a problem stands in the place of what one could not give, or not in time."""
    return do_all(steps, subject, subject.deadline * _ANSWERS)
