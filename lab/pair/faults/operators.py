"""One side lacks operators, or their instances, that the other has; a healthy pair has no operator, nor their kinds.

Each fault defines the kinds on both sides, as OLM does wherever it is installed, and takes them away again: two of them
cannot be seeded at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from lab.pair.faults.fault import Fault
from lab.pair.faults.names import OPERATORS
from lab.pair.faults.steps import BOTH, PRIMARY, On
from lab.platform.api import Reference
from lab.platform.faults.steps import Add
from lab.platform.reader import READER
from lab.platform.readiness import has_condition
from lab.platform.site import SYSTEM
from lab.seeding import Do

if TYPE_CHECKING:
    from lab.pair.faults.steps import Step
    from lab.platform.api import Object
    from lab.platform.platform import Platform

_KNATIVE = "knative-operator"
_GROUP = "operators.coreos.com"
_ROLE = Reference("rbac.authorization.k8s.io/v1", "ClusterRole", f"{READER}-pair")
_MAY_NOT_BE_SERVED = ("velero.io",)


def _definition(plural: str) -> Object:
    definition: Object = yaml.safe_load(
        (Path(__file__).parent.parent / "crds" / f"{plural}.yaml").read_text(encoding="utf-8")
    )
    return definition


def _kind(plural: str) -> Step:
    """Define a kind on both sides."""
    established = has_condition("Established")
    return On(BOTH, Add(lambda _platform: [_definition(plural)], established, "is established"))


def _subscription(_platform: Platform) -> list[Object]:
    """Give what OLM is told to install; the name differs from the operator's, as it may."""
    spec = {"name": _KNATIVE, "channel": "stable", "source": "platform", "sourceNamespace": SYSTEM}
    metadata = {"name": f"{_KNATIVE}-stable", "namespace": SYSTEM}
    return [{"apiVersion": f"{_GROUP}/v1alpha1", "kind": "Subscription", "metadata": metadata, "spec": spec}]


def _instance(_platform: Platform) -> list[Object]:
    metadata = {"name": "knative-eventing", "namespace": SYSTEM}
    version = "operator.knative.dev/v1beta1"
    return [{"apiVersion": version, "kind": "KnativeEventing", "metadata": metadata, "spec": {}}]


def _forbid(platform: Platform) -> None:
    """Let the run's user read all groups but that of operators; there is no right that takes one away."""
    served = [group["name"] for group in platform.api.call("GET", "/apis")["groups"]]
    role = platform.healthy_object(_ROLE)
    everything = next(rule for rule in role["rules"] if rule["apiGroups"] == ["*"])
    everything["apiGroups"] = ["", *_MAY_NOT_BE_SERVED, *(name for name in served if name != _GROUP)]
    platform.put(role)
    _await_right(platform, allowed=False)


def _allow(platform: Platform) -> None:
    platform.restore(_ROLE)
    _await_right(platform, allowed=True)


def _await_right(platform: Platform, *, allowed: bool) -> None:
    """Wait until the API server knows whether the run's user may list operators."""
    user = f"system:serviceaccount:{SYSTEM}:{READER}"
    about = {"group": _GROUP, "resource": "subscriptions", "verb": "list"}
    version = "authorization.k8s.io/v1"
    spec = {"user": user, "resourceAttributes": about}
    question = {"apiVersion": version, "kind": "SubjectAccessReview", "spec": spec}

    def known() -> bool:
        answer = platform.api.call("POST", f"/apis/{version}/subjectaccessreviews", question)
        return bool(answer["status"]["allowed"] is allowed)

    platform.api.wait(known, f"operators are {'readable' if allowed else 'forbidden'}")


_KNOWN = (_kind("subscriptions"), _kind("knativeeventings"))

FAULTS = (
    Fault(
        "operator-only-on-primary",
        OPERATORS,
        "OLM of the primary installs an operator, knative-operator, and that of the standby does not",
        (_kind("subscriptions"), On((PRIMARY,), Add(_subscription))),
    ),
    Fault(
        "operator-without-instance",
        OPERATORS,
        "both sides have knative-operator, and the standby lacks the primary's instance",
        (*_KNOWN, On(BOTH, Add(_subscription)), On((PRIMARY,), Add(_instance))),
    ),
    Fault(
        "operators-on-both",
        "",
        "both sides have knative-operator and its instance, which is healthy",
        (*_KNOWN, On(BOTH, Add(_subscription)), On(BOTH, Add(_instance))),
    ),
    Fault(
        "operators-forbidden",
        OPERATORS,
        "the run's user may not list the primary's operators",
        (On((PRIMARY,), Do(_forbid, _allow)),),
        breaks=True,
    ),
)
