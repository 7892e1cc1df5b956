"""ACP's own resources, as a healthy cluster holds them (acp-resources; the product documentation's CRDs)."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from lab.platform.api import Reference
from lab.platform.releases import OPTIONAL_KINDS
from lab.platform.site import PLANTED_SECRETS, SYSTEM

if TYPE_CHECKING:
    from lab.platform.api import Object
    from lab.platform.releases import Release
    from lab.platform.site import Site

PRODUCT_BASE = Reference("product.alauda.io/v1alpha1", "ProductBase", "base")
CLUSTER_MODULE = Reference("cluster.alauda.io/v1alpha1", "ClusterModule", "global")
CLUSTER = Reference("platform.tkestack.io/v1", "Cluster", "global")

SINCE = "2026-11-01T08:00:00Z"
"""When all became healthy."""

CHARTS = {
    "alauda-base": "acp/chart-alauda-base",
    "alauda-alb2": "acp/chart-alauda-alb2",
    "alauda-dex": "acp/chart-alauda-dex",
    "alauda-console": "acp/chart-alauda-console",
    "alauda-erebus": "acp/chart-alauda-erebus",
    "cert-manager": "acp/chart-cert-manager",
    "cluster-transformer": "acp/chart-cluster-transformer",
    "cni-{cni}": "acp/chart-cni-{cni}",
    "coredns": "acp/chart-coredns",
    "global-registry": "acp/chart-registry",
    "product-docs": "alauda/chart-product-docs-offline",
    "sentry": "acp/chart-sentry",
}
"""AppReleases, and the chart of each; some are named by the CNI."""

MODULES = {
    "base": ("base", "alauda-base"),
    "{cni}": ("base", "cni-{cni}"),
    "cert-manager": ("base", "cert-manager"),
    "product-docs": ("plugin", "product-docs"),
}
"""ModuleInfos: name of the module, its type, and its AppRelease. ``product-docs`` is the name in the product
documentation's own chart."""


def definitions(release: Release) -> list[Object]:
    """Give the CRDs of a release."""
    files = sorted((Path(__file__).parent / "crds").glob("*.yaml"))
    read = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    missing = OPTIONAL_KINDS - set(release.kinds)
    return [item for item in read if item["spec"]["names"]["kind"] not in missing]


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> Object:
    """Give a condition as the platform writes them."""
    times = {"lastTransitionTime": SINCE, "lastUpdateTime": SINCE}
    return {"type": kind, "status": status, "reason": reason, "message": message, **times}


def app_release(site: Site, name: str, chart: str) -> Object:
    """Give one AppRelease."""
    version = site.release.version
    values = {"global": {"host": site.domain}, "database": {"password": PLANTED_SECRETS[0]}}
    state = {
        "phase": "Synced",
        "message": "chart synced",
        "installedRevision": version,
        "revision": version,
        "releaseName": name,
        "values": values,
        "renderedValues": values,
    }
    return {
        "apiVersion": "operator.alauda.io/v1alpha1",
        "kind": "AppRelease",
        "metadata": {"name": name, "namespace": SYSTEM, "labels": {"cpaas.io/cluster-name": "global"}},
        "spec": {"charts": [{"name": chart, "releaseName": name, "targetRevision": version, "values": values}]},
        "status": {
            "version": version,
            # Without a status subresource the first generation has its status already.
            "observedGeneration": 1,
            "observedAt": SINCE,
            "reconciledAt": SINCE,
            "syncPolicy": "Auto",
            "conditions": [
                condition("Validate", reason="Validated", message="charts validated"),
                condition("Sync", reason="Synced", message="chart synced"),
                condition("Health", reason="Ready", message="ready"),
            ],
            "charts": {chart: state},
        },
    }


def module_info(site: Site, module: str, kind: str, release: str) -> Object:
    """Give one ModuleInfo; its name is a hash."""
    digest = hashlib.sha256(f"global/{module}".encode()).hexdigest()[:32]
    version = site.release.version
    installed = {"name": release, "namespace": SYSTEM, "synced": True, "ready": True, "failed": False}
    labels = {"cpaas.io/cluster-name": "global", "cpaas.io/module-name": module, "cpaas.io/module-type": kind}
    return {
        "apiVersion": "cluster.alauda.io/v1alpha1",
        "kind": "ModuleInfo",
        "metadata": {
            "name": f"global-{digest}",
            "labels": {**labels, "create-by": "cluster-transformer"},
            "annotations": {"cpaas.io/module-name": f'{{"en": "{module}", "zh": "{module}"}}'},
        },
        "spec": {"version": version, "config": {"password": PLANTED_SECRETS[0]}},
        "status": {"phase": "Running", "version": version, "appReleases": [installed]},
    }


def _product_base(site: Site) -> Object:
    version = site.release.version
    ready = {"type": "Ready", "status": "True", "reason": "Running", "message": "", "lastTransitionTime": SINCE}
    registry = {"address": f"{site.domain}:11443", "preferPlatformURL": False}
    return {
        "apiVersion": "product.alauda.io/v1alpha1",
        "kind": "ProductBase",
        "metadata": {"name": "base"},
        "spec": {
            "version": version,
            "platformURL": f"https://{site.domain}",
            "alternativeURLs": [f"https://{site.vip}"],
            "http": {"forceRedirectHttps": False, "httpPort": 0, "httpsPort": 443},
            "registry": registry,
            "defaultAdmin": {"account": "admin", "email": "admin@example.com", "hash": PLANTED_SECRETS[0]},
        },
        "status": {
            "phase": "Running",
            "version": version,
            "base": {"deployStatus": "Completed", "runningStatus": "Healthy"},
            "conditions": [ready],
        },
    }


def _cluster_module(site: Site) -> Object:
    version = site.release.version
    charts = app_release_names(site)
    healthy = {"synced": True, "ready": True, "failed": False}
    base = {"version": version, "deployStatus": "Completed", "runningStatus": "Healthy", "appReleases": charts}
    return {
        "apiVersion": "cluster.alauda.io/v1alpha1",
        "kind": "ClusterModule",
        "metadata": {"name": "global"},
        "spec": {"version": version},
        "status": {
            "editable": True,
            "upgradable": False,
            "base": base,
            "appReleases": dict.fromkeys(charts, healthy),
        },
    }


def _cluster(site: Site) -> Object:
    return {
        "apiVersion": "platform.tkestack.io/v1",
        "kind": "Cluster",
        "metadata": {"name": "global", "labels": {"cni-type": site.cni, "is-global": "true"}},
        "spec": {"displayName": "global", "type": "Baremetal", "version": site.kubernetes.removeprefix("v")},
        "status": {
            "phase": "Running",
            "version": site.kubernetes.removeprefix("v"),
            "addresses": [{"type": "Advertise", "host": site.vip, "port": 6443}],
            "conditions": [{"type": "HealthCheck", "status": "True", "lastTransitionTime": SINCE}],
        },
    }


def _machines(site: Site) -> list[Object]:
    password = base64.b64encode(PLANTED_SECRETS[1].encode()).decode()
    reach = {"port": 22, "username": "root", "password": password}
    return [
        {
            "apiVersion": "platform.tkestack.io/v1",
            "kind": "Machine",
            "metadata": {"name": f"mc-{node.name}"},
            "spec": {"clusterName": "global", "type": "Baremetal", "ip": node.address, **reach},
            "status": {"phase": "Running"},
        }
        for node in site.nodes
    ]


def _version_shadow(site: Site) -> Object:
    states = {"PreflightReady": "True", "Ready": "True", "Reconciling": "False", "Stalled": "False"}
    conditions = [
        {"type": kind, "status": status, "reason": "AsExpected", "message": "", "lastTransitionTime": SINCE}
        for kind, status in states.items()
    ]
    return {
        "apiVersion": "config.alauda.io/v1",
        "kind": "ClusterVersionShadow",
        "metadata": {"name": "global", "namespace": SYSTEM},
        "spec": {"desiredUpdate": {"version": site.release.version}},
        "status": {
            "observedGeneration": 1,
            "current": {"version": site.release.version},
            "desired": {"version": site.release.version},
            "conditions": conditions,
        },
    }


def _etcd_backup() -> Object:
    record = {"result": "Success", "startTime": SINCE, "completionTime": SINCE, "message": ""}
    return {
        "apiVersion": "enhancement.cluster.alauda.io/v1",
        "kind": "EtcdBackupConfiguration",
        "metadata": {"name": "etcd-backup-default"},
        "spec": {"path": "/cpaas/backup"},
        "status": {"records": [record]},
    }


def app_release_names(site: Site) -> list[str]:
    """Give the names of all AppReleases."""
    return [name.format(cni=site.cni) for name in CHARTS]


def resources(site: Site) -> list[Object]:
    """Give all objects of ACP's own kinds."""
    items = [app_release(site, name.format(cni=site.cni), chart.format(cni=site.cni)) for name, chart in CHARTS.items()]
    for module, (kind, release) in MODULES.items():
        items.append(module_info(site, module.format(cni=site.cni), kind, release.format(cni=site.cni)))
    items += [_product_base(site), _cluster_module(site), _cluster(site), *_machines(site)]
    if "EtcdBackupConfiguration" in site.release.kinds:
        items.append(_etcd_backup())
    if "ClusterVersionShadow" in site.release.kinds:
        items.append(_version_shadow(site))
    return items
