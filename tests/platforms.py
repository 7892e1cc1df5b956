"""What a test asks of the lab's platform as a whole: which objects there are, and what is not as it is when healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.platform.api import Reference, reference
from lab.platform.objects import healthy

if TYPE_CHECKING:
    from lab.platform import Platform
    from lab.platform.api import Object

KINDS = (
    "apiregistration.k8s.io/v1/APIService",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "certificates.k8s.io/v1/CertificateSigningRequest",
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    "storage.k8s.io/v1/StorageClass",
    "v1/Node",
    "apps/v1/Deployment",
    "apps/v1/DaemonSet",
    "apps/v1/StatefulSet",
    "batch/v1/CronJob",
    "batch/v1/Job",
    "v1/ConfigMap",
    "v1/PersistentVolumeClaim",
    "v1/Secret",
    "v1/Service",
    "operator.alauda.io/v1alpha1/AppRelease",
    "cluster.alauda.io/v1alpha1/ModuleInfo",
)


def names(platform: Platform) -> set[str]:
    """Say which objects there are, apart from those that come and go by themselves."""
    found = set()
    for kind in KINDS:
        version, _, name = kind.rpartition("/")
        path = Reference(version, name, "", "").collection.replace("/namespaces//", "/")
        found |= {
            f"{kind} {item['metadata'].get('namespace')}/{item['metadata']['name']}"
            for item in platform.api.items(path)
        }
    # Those that nothing controls.
    pods = [pod for pod in platform.api.items("/api/v1/pods") if not pod["metadata"].get("ownerReferences")]
    return found | {f"Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods}


def lacks(found: object, wanted: object) -> bool:
    """Say whether something wanted is not in what was found."""
    if isinstance(wanted, dict):
        return not isinstance(found, dict) or any(lacks(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        pairs = zip(found, wanted, strict=False) if isinstance(found, list) else ()
        return not isinstance(found, list) or len(found) < len(wanted) or any(lacks(*pair) for pair in pairs)
    return bool(found != wanted)


def unlike_healthy(platform: Platform) -> list[str]:
    """Say which objects are not what they are on a healthy platform."""
    items: list[Object] = healthy(platform.site)
    found = {reference(item): platform.api.get(reference(item)) for item in items}
    # The claim's volume is bound by the cluster, which writes itself into it; secrets are compared elsewhere.
    return [str(which) for item in items if lacks(found[which := reference(item)], {**item, "kind": which.kind})]
