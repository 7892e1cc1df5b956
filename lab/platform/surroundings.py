"""What lies around the platform: namespaces, its certificate, storage, webhooks."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from lab.platform.certificates import GOOD
from lab.platform.site import SYSTEM

if TYPE_CHECKING:
    from lab.platform.api import Object
    from lab.platform.site import Site

STORAGE_CLASS = "lab-local"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def encoded(text: str) -> str:
    """Give a text as a Secret holds it."""
    return base64.b64encode(text.encode()).decode()


def platform_secret(site: Site, kind: str = GOOD) -> Object:
    """Give the Secret with the platform's certificate, of a kind of :data:`lab.platform.certificates.DAYS`."""
    issued = site.authority.certificate(kind)
    data = {"ca.crt": site.authority.root.pem, "tls.crt": issued.pem, "tls.key": issued.key_pem}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "dex.tls", "namespace": SYSTEM},
        "type": "kubernetes.io/tls",
        "data": {key: encoded(text) for key, text in data.items()},
    }


def service(name: str, selector: dict[str, str], port: int) -> Object:
    """Give a Service of the platform's namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": SYSTEM},
        "spec": {"selector": selector, "ports": [{"port": port}]},
    }


def storage_class(default: str = "true") -> Object:
    """Give the storage class, the default one unless said otherwise."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": {DEFAULT_CLASS: default}},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
    }


def claim(name: str, volume: str = "") -> Object:
    """Give a claim; without the name of a volume it will never be bound."""
    spec: Object = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": STORAGE_CLASS,
        "resources": {"requests": {"storage": "1Gi"}},
    }
    if volume:
        spec["volumeName"] = volume
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": SYSTEM},
        "spec": spec,
    }


def _volume(name: str, claimed: str) -> Object:
    bound = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": SYSTEM, "name": claimed}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": STORAGE_CLASS,
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": bound,
            "hostPath": {"path": f"/var/lib/lab-volumes/{name}", "type": "DirectoryOrCreate"},
        },
    }


def webhook(site: Site, name: str, serving: str) -> Object:
    """Give a webhook that asks a Service of the platform's namespace about objects that nobody makes."""
    rule = {"apiGroups": ["lab.example.com"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["things"]}
    client = {
        "service": {"namespace": SYSTEM, "name": serving, "path": "/validate", "port": 443},
        "caBundle": encoded(site.authority.root.pem),
    }
    hook = {
        "name": f"{name}.cpaas.io",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "clientConfig": client,
        "rules": [rule],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [hook],
    }


def namespace() -> Object:
    """Give the platform's namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}


def surroundings(site: Site) -> list[Object]:
    """Give all of them, in an order in which they can be made."""
    return [
        namespace(),
        platform_secret(site),
        storage_class(),
        _volume("warehouse", "warehouse"),
        claim("warehouse", "warehouse"),
        service("cluster-transformer", {"service_name": "cluster-transformer"}, 443),
        service("sentry", {"service_name": "sentry"}, 443),
        webhook(site, "cluster-transformer", "cluster-transformer"),
    ]
