"""Listing operators, and those of their instances that the guide names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.pair.operators import Operators
from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.collect.pair.subjects import Side

_SUBSCRIPTIONS = "/apis/operators.coreos.com/v1alpha1/subscriptions"
_KNATIVE = "/apis/operator.knative.dev/v1beta1"
_INSTANCES = {"KnativeEventing": f"{_KNATIVE}/knativeeventings", "KnativeServing": f"{_KNATIVE}/knativeservings"}


def operators(side: Side) -> dict[str, object]:
    """List them; a kind that a cluster does not know has no objects there."""
    subscriptions = {raw.text(item, "spec", "name") or raw.name_of(item) for item in _listed(side, _SUBSCRIPTIONS)} - {
        ""
    }
    instances = {f"{kind} {raw.name_of(item)}" for kind, path in _INSTANCES.items() for item in _listed(side, path)}
    return {"operators": Operators(tuple(sorted(subscriptions)), tuple(sorted(instances)))}


def _listed(side: Side, path: str) -> Iterator[dict[str, Any]]:
    try:
        yield from side.api.items(path)
    except ApiError as error:
        if error.kind != "absent":
            raise
