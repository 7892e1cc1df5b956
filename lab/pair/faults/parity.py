"""The two sides were not installed alike."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lab.pair.contents import REGISTRY_SECRET
from lab.pair.faults.fault import Fault
from lab.pair.faults.names import (
    ACCESS_ADDRESS,
    ADMIN_USER,
    CERTIFICATE,
    IMAGE_REPOSITORY,
    IMAGES,
    RELEASE,
)
from lab.pair.faults.steps import BOTH, PRIMARY, STANDBY, On
from lab.platform.api import Reference, reference
from lab.platform.faults.steps import Add, Change, Remove, Serve
from lab.platform.resources import CLUSTER, PRODUCT_BASE, app_release, module_info
from lab.platform.serving import HTTPS
from lab.platform.site import SYSTEM
from lab.platform.surroundings import encoded, platform_secret
from lab.seeding import Do

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.pair.faults.steps import Step
    from lab.platform.api import Object
    from lab.platform.platform import Platform
    from lab.platform.serving import Serving

_CREDENTIALS = Reference("v1", "Secret", REGISTRY_SECRET, SYSTEM)
_INFO = Reference("v1", "ConfigMap", "global-info", "kube-public")
_OTHER_VERSION = "v4.0.1-other"
_ALL_NODES: tuple[int, ...] = ()


def _changed(which: Reference, change: Callable[[Object], object], *sides: str) -> Step:
    return On(sides or (STANDBY,), Change(lambda _platform: which, change))


def _product(change: Callable[[Object], object], *sides: str) -> tuple[Step, ...]:
    return (_changed(PRODUCT_BASE, lambda item: change(item["spec"]), *sides),)


def _older(item: Object) -> None:
    for part in (item["spec"], item["status"]):
        part["version"] = _OTHER_VERSION


def _eventing(platform: Platform) -> list[Object]:
    release = app_release(platform.site, "knative-operator", "alauda/chart-knative-operator")
    return [module_info(platform.site, "knative-operator", "plugin", "knative-operator"), release]


def _await_served(platform: Platform) -> None:
    platform.await_served()


def _served_as(change: Callable[[Serving], Serving], *sides: str) -> tuple[Step, ...]:
    """Serve otherwise, and wait until the load balancers have seen that it is served again."""
    return (On(sides, Serve(change, _ALL_NODES)), On(sides, Do(_await_served)))


def _served(kind: str, *sides: str) -> tuple[Step, ...]:
    """Serve and hold another kind of certificate."""
    secret: Do[Platform] = Do(
        lambda platform: platform.put(platform_secret(platform.site, kind)),
        lambda platform: platform.restore(reference(platform_secret(platform.site))),
    )
    served = _served_as(lambda serving: dataclasses.replace(serving, certificates={HTTPS: kind}), *sides)
    return (*served, On(sides, secret))


def _credential(key: str, value: str, *sides: str) -> Step:
    return _changed(_CREDENTIALS, lambda item: item["data"].update({key: encoded(value)}), *sides)


def _without_console(serving: Serving) -> Serving:
    images = {name: tags for name, tags in serving.images.items() if not name.endswith("console")}
    return dataclasses.replace(serving, images=images)


_RELEASE_FAULTS = (
    Fault(
        "other-release", RELEASE, "the standby is of another release of the platform", (_changed(PRODUCT_BASE, _older),)
    ),
    Fault(
        "plugin-only-on-primary",
        RELEASE,
        "the primary has a plugin, knative-operator, that the standby has not",
        (On((PRIMARY,), Add(_eventing)),),
    ),
)

_ADDRESS_FAULTS = (
    Fault(
        "platform-address-differs",
        ACCESS_ADDRESS,
        "the standby was installed with another domain",
        _product(lambda spec: spec.update(platformURL="https://standby.acp.lab.example")),
    ),
    Fault(
        "platform-address-is-no-domain",
        ACCESS_ADDRESS,
        "both sides were installed with an address in place of a domain",
        _product(lambda spec: spec.update(platformURL="https://192.0.2.10"), *BOTH),
    ),
    Fault(
        "https-port-differs",
        ACCESS_ADDRESS,
        "the standby's HTTPS port is 8443",
        _product(lambda spec: spec["http"].update(httpsPort=8443)),
    ),
    Fault(
        "http-port-differs",
        ACCESS_ADDRESS,
        "the standby's HTTP port is 8080",
        _product(lambda spec: spec["http"].update(httpPort=8080)),
    ),
    Fault(
        "vip-not-an-access-address",
        ACCESS_ADDRESS,
        "the standby's other platform access addresses hold no VIP",
        _product(lambda spec: spec.update(alternativeURLs=[])),
    ),
    Fault(
        "vip-of-the-other-side",
        ACCESS_ADDRESS,
        "the standby's other platform access addresses hold another address than its VIP",
        _product(lambda spec: spec.update(alternativeURLs=["https://192.0.2.11"])),
    ),
    Fault(
        "endpoint-is-not-the-vip",
        ACCESS_ADDRESS,
        "the standby's cluster endpoint is not its VIP",
        (_changed(CLUSTER, lambda item: item["status"]["addresses"][0].update(host="192.0.2.12")),),
    ),
)

_CERTIFICATE_FAULTS = (
    Fault(
        "certificate-differs",
        CERTIFICATE,
        "the standby serves another certificate, as good",
        _served("second", STANDBY),
    ),
    Fault(
        "certificate-self-signed", CERTIFICATE, "both serve a self-signed certificate", _served("self-signed", *BOTH)
    ),
)

_REPOSITORY_FAULTS = (
    Fault(
        "registry-password-differs",
        IMAGE_REPOSITORY,
        "the standby has another password of the image repository",
        (_credential("password", "planted-other-passphrase", STANDBY),),
        also=(IMAGES,),
    ),
    Fault(
        "registry-user-differs",
        IMAGE_REPOSITORY,
        "the standby has another user of the image repository",
        (_credential("username", "another", STANDBY),),
        also=(IMAGES,),
    ),
    Fault(
        "registry-password-empty",
        IMAGE_REPOSITORY,
        "neither side has a password of the image repository",
        (_credential("password", "", *BOTH),),
        also=(IMAGES,),
    ),
    Fault(
        "registry-address-differs",
        IMAGE_REPOSITORY,
        "the standby's image repository has its VIP as address",
        (
            *_product(lambda spec: spec["registry"].update(address="192.0.2.11:11443")),
            _changed(_INFO, lambda item: item["data"].update(registryAddress="192.0.2.11:11443")),
        ),
    ),
    Fault(
        "registry-credentials-missing",
        IMAGE_REPOSITORY,
        "the standby has no Secret with the image repository's credentials",
        (On((STANDBY,), Remove(lambda _platform: _CREDENTIALS)),),
        also=(IMAGES,),
        breaks=True,
    ),
    Fault(
        "images-missing",
        IMAGES,
        "a repository of the primary's registry is not in the standby's",
        _served_as(_without_console, STANDBY),
    ),
    Fault(
        "catalogue-refused",
        IMAGES,
        "the standby's registry does not know the credentials",
        _served_as(lambda serving: dataclasses.replace(serving, credentials=""), STANDBY),
        breaks=True,
    ),
)

FAULTS = (
    *_RELEASE_FAULTS,
    *_ADDRESS_FAULTS,
    *_CERTIFICATE_FAULTS,
    *_REPOSITORY_FAULTS,
    Fault(
        "admin-user-differs",
        ADMIN_USER,
        "the standby has another administrator",
        _product(lambda spec: spec["defaultAdmin"].update(account="root")),
    ),
)
