"""One side of a pair as a step is given it, for tests: an API, and nodes that say what the test wants."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from acp_acceptance.inventory import Role

KINDS = {
    "/apis": {"groups": []},
    "/apis/apiregistration.k8s.io/v1/apiservices": {"metadata": {}, "items": []},
    "/api/v1": {
        "resources": [
            {"name": name, "namespaced": name != "namespaces", "verbs": ["get", "list"]}
            for name in ("configmaps", "namespaces", "pods", "configmaps/status")
        ]
    },
}
"""What a cluster says of its kinds."""


def node(name: str = "m1", cluster: str = "standby") -> SimpleNamespace:
    """Give a control plane node."""
    return SimpleNamespace(name=name, cluster=cluster, roles=(Role.CONTROL_PLANE,), address="192.0.2.9")


def side(api: Any, ask_node: Any = None, **more: Any) -> Any:
    """Give the standby, with one node."""
    inventory = SimpleNamespace(nodes=[node("other", "primary"), node()], site=SimpleNamespace(dr=None, release="4.3"))
    cluster = SimpleNamespace(name="standby", vip="192.0.2.10", etcd_endpoints=())
    return SimpleNamespace(api=api, inventory=inventory, cluster=cluster, ask_node=ask_node, **more)
