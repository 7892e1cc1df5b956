"""The platform itself: ACP's resources, what it serves, its certificates, and what the installer left."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lab.platform.api import Reference, reference
from lab.platform.faults.appreleases import MARKUP
from lab.platform.faults.fault import Fault, forbidden
from lab.platform.faults.names import (
    API_SERVER,
    ARCHITECTURE,
    CERTIFICATES,
    CERTIFICATES_ADVISED,
    CONSOLE,
    INSTALLER,
    LOAD_BALANCER,
    PRODUCT_DOCS,
    REGISTRY,
    RESOURCES,
)
from lab.platform.faults.steps import Balance, Change, OnNode, Remove, Serve
from lab.platform.installer import INSTALLER_LEFT, NO_INSTALLER, UNKNOWN
from lab.platform.resources import CLUSTER, CLUSTER_MODULE, PRODUCT_BASE, definitions, module_info
from lab.platform.serving import API, HTTP, HTTPS
from lab.platform.serving import INSTALLER as INSTALLER_PORT
from lab.platform.serving import REGISTRY as REGISTRY_PORT
from lab.platform.site import SYSTEM
from lab.platform.surroundings import encoded, platform_secret
from lab.seeding import Do

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.platform.api import Object
    from lab.platform.faults.steps import Step
    from lab.platform.platform import Platform

_SHADOW = Reference("config.alauda.io/v1", "ClusterVersionShadow", "global", SYSTEM)
_BASES = "productbases.product.alauda.io"
_WITH_SHADOW = ("4.3",)
_ALL_NODES: tuple[int, ...] = ()
_DAYS = (CERTIFICATES_ADVISED,)
"""What a certificate with too few days left turns red, too."""


def _always(which: Reference) -> Callable[[Platform], Reference]:
    return lambda _platform: which


def _status(which: Reference, **status: object) -> tuple[Step, ...]:
    return (Change(_always(which), lambda item: item["status"].update(status)),)


def _base(which: Reference, **base: str) -> tuple[Step, ...]:
    return (Change(_always(which), lambda item: item["status"]["base"].update(base)),)


def _module(name: str) -> Callable[[Platform], Reference]:
    return lambda platform: reference(module_info(platform.site, name, "plugin", name))


def _machine(platform: Platform) -> Reference:
    return platform.of_kind("Machine")[-1]


def _shadow_says(kind: str, status: str) -> tuple[Step, ...]:
    def change(item: Object) -> None:
        for state in item["status"]["conditions"]:
            if state["type"] == kind:
                state.update(status=status, reason="Lab", message=MARKUP)

    return (Change(_always(_SHADOW), change),)


def _secret(kind: str) -> tuple[Step, ...]:
    def change(platform: Platform) -> None:
        platform.put(platform_secret(platform.site, kind))

    return (Do(change, _restore_secret),)


def _restore_secret(platform: Platform) -> None:
    platform.restore(reference(platform_secret(platform.site)))


def _without_certificate(platform: Platform) -> None:
    item = platform_secret(platform.site)
    item["data"]["tls.crt"] = encoded("no certificate")
    platform.put(item)


def _remove_definition(platform: Platform) -> None:
    platform.api.delete(Reference("apiextensions.k8s.io/v1", "CustomResourceDefinition", _BASES))


def _restore_definition(platform: Platform) -> None:
    platform.define(next(item for item in definitions(platform.site.release) if item["metadata"]["name"] == _BASES))
    platform.restore(PRODUCT_BASE)


def _certificate(kind: str, port: int = HTTPS, nodes: tuple[int, ...] = (-1,)) -> tuple[Step, ...]:
    return (Serve(lambda serving: dataclasses.replace(serving, certificates={port: kind}), nodes),)


def _resource_faults() -> tuple[Fault, ...]:
    failing = {
        "productbase-failed": ("ProductBase is Failed", (*_status(PRODUCT_BASE, phase="Failed"),)),
        "productbase-abnormal": ("ProductBase runs abnormally", _base(PRODUCT_BASE, runningStatus="Abnormal")),
        "clustermodule-deploying": ("ClusterModule is being deployed", _base(CLUSTER_MODULE, deployStatus="Deploying")),
        "clustermodule-abnormal": ("ClusterModule runs abnormally", _base(CLUSTER_MODULE, runningStatus="Abnormal")),
        "moduleinfo-other-version": (
            "a module has another version than it should",
            (Change(_module("cert-manager"), lambda item: item["status"].update(version="v4.0.0-old")),),
        ),
        "moduleinfo-failed": (
            "a module is in no phase that is Running",
            (Change(_module("cert-manager"), lambda item: item["status"].update(phase="InstallFailed")),),
        ),
        "cluster-failed": (
            "Cluster is Failed, and says why in markup and escape codes",
            _status(CLUSTER, phase="Failed", reason=MARKUP, message=MARKUP),
        ),
        "machine-initializing": (
            "a Machine is Initializing",
            (Change(_machine, lambda item: item["status"].update(phase="Initializing")),),
        ),
        "machine-without-status": (
            "a Machine has no phase",
            (Change(_machine, lambda item: item.update(status={"message": ""})),),
        ),
    }
    shadow = {
        "shadow-not-ready": ("ClusterVersionShadow is not Ready", _shadow_says("Ready", "False")),
        "shadow-stalled": ("ClusterVersionShadow is Stalled", _shadow_says("Stalled", "True")),
    }
    rights = ("productbases", "clustermodules", "clusters", "machines")
    return (
        *(Fault(name, RESOURCES, what, steps) for name, (what, steps) in failing.items()),
        *(Fault(name, RESOURCES, what, steps, releases=_WITH_SHADOW) for name, (what, steps) in shadow.items()),
        *(forbidden(f"{right}-forbidden", RESOURCES, f"{right} may not be listed", right) for right in rights),
    )


def _silent(name: str, requirement: str, which: str, port: int) -> Fault:
    what = f"{which} takes connections, and says nothing"
    steps = (Serve(lambda serving: serving.with_port(port, "silent"), _ALL_NODES),)
    return Fault(name, requirement, what, steps, also=(CERTIFICATES, CERTIFICATES_ADVISED, LOAD_BALANCER))


FAULTS = (
    *_resource_faults(),
    Fault(
        "productbases-unknown",
        RESOURCES,
        "the cluster does not know ProductBase",
        (Do(_remove_definition, _restore_definition),),
        breaks=True,
    ),
    forbidden(
        "shadows-forbidden",
        RESOURCES,
        "ClusterVersionShadows may not be listed",
        "clusterversionshadows",
        releases=_WITH_SHADOW,
    ),
    Fault(
        "architecture-constraint",
        ARCHITECTURE,
        "Cluster global is bound to one architecture",
        (
            Change(
                _always(CLUSTER),
                lambda item: item["metadata"]["labels"].update({"cpaas.io/node-arch-constraint": "amd64"}),
            ),
        ),
        releases=("4.1", "4.2", "4.3"),
        plan="a hybrid package",
    ),
    forbidden(
        "architecture-forbidden",
        ARCHITECTURE,
        "Clusters may not be listed",
        "clusters",
        also=(RESOURCES,),
        releases=("4.1", "4.2", "4.3"),
        plan="a hybrid package",
    ),
    Fault("product-docs-missing", PRODUCT_DOCS, "the plugin is not installed", (Remove(_module("product-docs")),)),
    forbidden(
        "moduleinfoes-forbidden", PRODUCT_DOCS, "ModuleInfos may not be listed", "moduleinfoes", also=(RESOURCES,)
    ),
    Fault(
        "console-failing",
        CONSOLE,
        "the web console answers 503",
        (Serve(lambda serving: dataclasses.replace(serving, console=503), _ALL_NODES),),
    ),
    Fault(
        "console-http-open",
        CONSOLE,
        "HTTP is open",
        (
            Serve(lambda serving: serving.with_port(HTTP, "redirect"), _ALL_NODES),
            Balance({HTTP: HTTP, HTTPS: HTTPS, API: API, REGISTRY_PORT: REGISTRY_PORT}),
        ),
    ),
    _silent("console-silent", CONSOLE, "the web console", HTTPS),
    Fault(
        "registry-failing",
        REGISTRY,
        "the registry answers 500",
        (Serve(lambda serving: dataclasses.replace(serving, registry=500), _ALL_NODES),),
    ),
    _silent("registry-silent", REGISTRY, "the registry", REGISTRY_PORT),
    Fault(
        "node-https-closed",
        LOAD_BALANCER,
        "one control plane node does not serve HTTPS",
        (Serve(lambda serving: serving.without_port(HTTPS)),),
        also=(CERTIFICATES, CERTIFICATES_ADVISED, CONSOLE),
        control_plane=3,
    ),
    Fault(
        "balancer-without-registry",
        LOAD_BALANCER,
        "the load balancer does not pass 11443 on",
        (Balance({HTTPS: HTTPS, API: API}),),
        also=(CERTIFICATES, CERTIFICATES_ADVISED, REGISTRY),
        balancer=True,
    ),
    Fault(
        "balancer-without-api",
        LOAD_BALANCER,
        "the load balancer does not pass 6443 on",
        (Balance({HTTPS: HTTPS, REGISTRY_PORT: REGISTRY_PORT}),),
        also=(API_SERVER, CERTIFICATES, CERTIFICATES_ADVISED),
        balancer=True,
        # Else the run reaches nothing at all.
        plan="a kubeconfig that names a node and not the load balancer",
    ),
    Fault("served-expired", CERTIFICATES, "a node serves an expired certificate", _certificate("expired"), also=_DAYS),
    Fault("served-foreign", CERTIFICATES, "a node serves another authority's certificate", _certificate("foreign")),
    Fault(
        "served-other-name", CERTIFICATES, "a node serves a certificate for another name", _certificate("other-name")
    ),
    Fault("served-ends", CERTIFICATES, "a certificate ends in 5 days", _certificate("ends-in-5-days"), also=_DAYS),
    Fault(
        "registry-expired",
        CERTIFICATES,
        "the registry of a node has an expired certificate",
        _certificate("expired", REGISTRY_PORT),
        also=_DAYS,
    ),
    Fault(
        "served-ends-soon",
        CERTIFICATES_ADVISED,
        "a certificate ends in 20 days",
        _certificate("ends-in-20-days"),
    ),
    Fault(
        "secret-expired", CERTIFICATES, "Secret dex.tls holds an expired certificate", _secret("expired"), also=_DAYS
    ),
    Fault(
        "secret-ends-soon",
        CERTIFICATES_ADVISED,
        "Secret dex.tls holds a certificate that ends in 20 days",
        _secret("ends-in-20-days"),
    ),
    Fault(
        "secret-malformed",
        CERTIFICATES,
        "Secret dex.tls holds no certificate",
        (Do(_without_certificate, _restore_secret),),
        also=(CERTIFICATES_ADVISED,),
    ),
    forbidden(
        "secret-forbidden",
        CERTIFICATES,
        "Secret dex.tls may not be read",
        "platform-certificate",
        also=(CERTIFICATES_ADVISED,),
    ),
    Fault(
        "installer-left",
        INSTALLER,
        "the installer's container still runs",
        (OnNode(INSTALLER_LEFT, NO_INSTALLER),),
    ),
    Fault(
        "installer-serves",
        INSTALLER,
        "the installer's page is still served",
        (Serve(lambda serving: serving.with_port(INSTALLER_PORT, "installer"), (0,)),),
    ),
    Fault(
        "installer-unknown",
        INSTALLER,
        "containers cannot be listed",
        (OnNode(UNKNOWN, NO_INSTALLER),),
        breaks=True,
    ),
)
