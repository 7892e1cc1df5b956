"""What the platform needs of its cluster: names, storage, APIs, certificates, webhooks, the network, isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from lab.platform.api import Reference
from lab.platform.faults.fault import Fault, forbidden
from lab.platform.faults.names import (
    API_SERVICES,
    CERTIFICATES,
    CNI,
    COUNT,
    CSR,
    DNS,
    ETCD,
    ETCD_ADVISED,
    FOREIGN_WORKLOADS,
    ISOLATION,
    NODES,
    ROLLED_OUT,
    STORAGE,
    WEBHOOKS,
)
from lab.platform.faults.steps import Add, Change, Remove
from lab.platform.readiness import has_condition, in_phase, is_complete
from lab.platform.site import SYSTEM
from lab.platform.surroundings import STORAGE_CLASS, claim, encoded, service, storage_class, webhook
from lab.platform.workloads import CNI as CNI_WORKLOADS
from lab.platform.workloads import pod_spec
from lab.seeding import Do

if TYPE_CHECKING:
    from lab.platform.api import Object
    from lab.platform.platform import Platform

OTHER_ADDRESS = "192.0.2.66"
"""What a CoreDNS Pod that was left behind takes for the platform's address."""

_DNS = Reference("apps/v1", "Deployment", "coredns", "kube-system")
_DNS_CONFIGURATION = Reference("v1", "ConfigMap", "coredns", "kube-system")
_SENTRY = Reference("apps/v1", "Deployment", "sentry", SYSTEM)
_STORAGE = Reference("storage.k8s.io/v1", "StorageClass", STORAGE_CLASS)
_STALE = "coredns-stale"
_AWAY = "away."
_API = "v1beta1.lab.example.com"
_SICK_WEBHOOK = "lab-sick"
_ISOLATED = "platform isolation"


def _existing(platform: Platform, which: Reference) -> Object:
    item = platform.api.get(which)
    assert item is not None, which
    return item


def _cni(platform: Platform) -> Reference:
    return Reference("apps/v1", "DaemonSet", CNI_WORKLOADS[platform.cni][0], "kube-system")


def _stale_dns(platform: Platform) -> list[Object]:
    """Give a CoreDNS Pod with a configuration of its own, beside those of the Deployment."""
    configuration = _existing(platform, _DNS_CONFIGURATION)
    # In the text each address of the platform is another one.
    words = {key: text.replace(platform.site.vip, OTHER_ADDRESS) for key, text in configuration["data"].items()}
    template = _existing(platform, _DNS)["spec"]["template"]
    for volume in template["spec"]["volumes"]:
        if "configMap" in volume:
            volume["configMap"]["name"] = _STALE
    place = {"name": _STALE, "namespace": "kube-system"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**place, "labels": template["metadata"]["labels"]},
            "spec": template["spec"],
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": place, "data": words},
    ]


def _restart_dns(platform: Platform, replaced: str, by: str) -> None:
    """Replace words of CoreDNS' configuration, and have its Pods read it."""
    configuration = _existing(platform, _DNS_CONFIGURATION)
    text = configuration["data"]["Corefile"]
    if replaced not in text or (by == platform.domain and _AWAY not in text):
        return
    platform.api.patch(_DNS_CONFIGURATION, {"data": {"Corefile": text.replace(replaced, by)}})
    # What it was before is what its template has nothing to say of.
    template = {"metadata": {"annotations": {"lab.example.com/corefile": None if by == platform.domain else by}}}
    platform.api.patch(_DNS, {"spec": {"template": template}})
    platform.api.until(_DNS, is_complete, "is complete")
    # Those of before are still asked until they are gone.
    wanted = _existing(platform, _DNS)["spec"]["replicas"]
    path = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns"
    platform.api.wait(lambda: len(platform.api.items(path)) == wanted, "CoreDNS has no Pods of before")


def _claim_without_class(_platform: Platform) -> list[Object]:
    item = claim("unbound")
    del item["spec"]["storageClassName"]
    return [item]


def _unavailable_api(_platform: Platform) -> list[Object]:
    group = _API.partition(".")[2]
    spec = {
        "group": group,
        "version": "v1beta1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"namespace": SYSTEM, "name": "there-is-none", "port": 443},
    }
    version = "apiregistration.k8s.io/v1"
    return [{"apiVersion": version, "kind": "APIService", "metadata": {"name": _API}, "spec": spec}]


def _request(_platform: Platform) -> list[Object]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    pem = asked.public_bytes(Encoding.PEM).decode()
    return [
        {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {"name": "lab-pending"},
            "spec": {
                "request": encoded(pem),
                "signerName": "kubernetes.io/kube-apiserver-client",
                "usages": ["client auth"],
            },
        }
    ]


def _webhook_without_endpoints(platform: Platform) -> list[Object]:
    return [webhook(platform.site, _SICK_WEBHOOK, _SICK_WEBHOOK), service(_SICK_WEBHOOK, {"service_name": "none"}, 443)]


def _webhook_without_service(platform: Platform) -> list[Object]:
    return [webhook(platform.site, _SICK_WEBHOOK, "there-is-none")]


def _not_on_last(platform: Platform) -> None:
    item = platform.healthy_object(_cni(platform))
    name = platform.site.nodes[-1].name
    rule = {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": [name]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [rule]}}
    item["spec"]["template"]["spec"]["affinity"] = {"nodeAffinity": required}
    platform.put(item)
    wanted = len(platform.site.nodes) - 1
    platform.api.until(
        _cni(platform),
        lambda found: found["status"]["desiredNumberScheduled"] == wanted == found["status"].get("numberAvailable", 0),
        "is on all nodes but one",
    )


def _restore_cni(platform: Platform) -> None:
    platform.restore(_cni(platform))
    platform.api.until(_cni(platform), is_complete, "is complete")


def _foreign_workload(platform: Platform) -> list[Object]:
    place = {"name": "shop", "namespace": "default", "labels": {"app": "shop"}}
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": place, "spec": pod_spec(platform.site.image)}]


def _mark(platform: Platform, *, labelled: bool = True, tainted: bool = True) -> None:
    platform.mark(platform.site.control_plane[-1].name, labelled=labelled, tainted=tainted)


def _not_listed(right: str, requirement: str, *also: str) -> Fault:
    return forbidden(f"{right}-forbidden", requirement, f"{right} may not be listed", right, also=also)


FAULTS = (
    Fault(
        "dns-stale-pod",
        DNS,
        "one CoreDNS Pod answers with another address of the platform",
        (Add(_stale_dns, has_condition("Ready"), "is ready"),),
    ),
    Fault(
        "dns-without-platform",
        DNS,
        "the platform's name is not known",
        (
            Do(
                lambda platform: _restart_dns(platform, platform.domain, _AWAY + platform.domain),
                lambda platform: _restart_dns(platform, _AWAY + platform.domain, platform.domain),
            ),
        ),
        slow=True,
    ),
    Fault(
        "sentry-missing",
        DNS,
        "there is no Pod from which names could be asked for",
        (
            # Undone from the last to the first: it is waited for after it was restored.
            Do(back=lambda platform: platform.api.until(_SENTRY, is_complete, "is complete")),
            Remove(lambda _: _SENTRY),
        ),
        breaks=True,
    ),
    forbidden("sentry-exec-forbidden", DNS, "nothing may be run in sentry", "exec-in-sentry"),
    Fault(
        "claim-pending",
        STORAGE,
        "a claim is not bound",
        (Add(lambda _: [claim("unbound")], in_phase("Pending"), "is pending"),),
    ),
    Fault(
        "storage-class-no-default",
        STORAGE,
        "a claim needs a default storage class, and there is none",
        (
            Change(lambda _: _STORAGE, lambda item: item.update(storage_class("false"))),
            Add(_claim_without_class, in_phase("Pending"), "is pending"),
        ),
    ),
    _not_listed("claims", STORAGE),
    _not_listed("storageclasses", STORAGE),
    Fault(
        "apiservice-unavailable",
        API_SERVICES,
        "an API has no server behind it",
        (Add(_unavailable_api, has_condition("Available", "False"), "is unavailable"),),
    ),
    _not_listed("apiservices", API_SERVICES),
    Fault("csr-pending", CSR, "a request for a certificate waits", (Add(_request),)),
    _not_listed("certificatesigningrequests", CSR),
    Fault(
        "webhook-without-endpoints",
        WEBHOOKS,
        "a webhook's Service has no endpoints",
        (Add(_webhook_without_endpoints),),
    ),
    Fault(
        "webhook-without-service",
        WEBHOOKS,
        "a webhook's Service does not exist",
        (Add(_webhook_without_service),),
    ),
    _not_listed("webhooks", WEBHOOKS),
    _not_listed("endpointslices", WEBHOOKS),
    Fault(
        "cni-not-on-node",
        CNI,
        "the network plugin is not on one of the nodes, and not meant to be",
        (Do(_not_on_last, _restore_cni),),
        slow=True,
    ),
    Fault(
        "cni-missing",
        CNI,
        "the network plugin is not there",
        (Do(back=_restore_cni), Remove(_cni)),
    ),
    forbidden("cni-forbidden", CNI, "DaemonSets may not be listed", "daemonsets", also=(ROLLED_OUT,)),
    Fault(
        "isolation-label-missing",
        ISOLATION,
        "a control plane node has no label of the platform's isolation",
        (Do(lambda platform: _mark(platform, labelled=False), _mark),),
        plan=_ISOLATED,
    ),
    Fault(
        "isolation-taint-missing",
        ISOLATION,
        "a control plane node has no taint of the platform's isolation",
        (Do(lambda platform: _mark(platform, tainted=False), _mark),),
        plan=_ISOLATED,
    ),
    forbidden(
        "isolation-unknown",
        ISOLATION,
        "nodes may not be listed",
        "nodes",
        also=(NODES, COUNT, CNI, CERTIFICATES, ETCD, ETCD_ADVISED),
        plan=_ISOLATED,
    ),
    Fault(
        "foreign-workload",
        FOREIGN_WORKLOADS,
        "a workload that is not the platform's runs in its cluster",
        (Add(_foreign_workload, has_condition("Ready"), "is ready"),),
        releases=("4.2", "4.3"),
    ),
)
