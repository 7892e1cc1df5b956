"""The inventory of a pair, in Ansible's YAML form, as the site's people would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from lab.pair.contents import WORKLOAD_CLUSTER
from lab.pair.synchroniser import CHECK_INTERVAL
from lab.platform.certificates import GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from lab.pair.pair import Pair
    from lab.pair.side import Side


def write(pair: Pair, folder: Path, *, swapped: bool, admin: bool) -> Path:
    """Write it, with the platform's certificate beside it."""
    certificate = folder / "platform.pem"
    certificate.write_text(pair.primary.shared.authority.certificate(GOOD).pem, encoding="ascii")
    sides = {f"{role}-global": (role, side) for role, side in pair.sides.items()}
    kubeconfigs = [str(side.plane.kubeconfig if admin else side.kubeconfig) for _, side in sides.values()]
    if swapped:
        kubeconfigs.reverse()
    clusters = {
        name: _cluster(role, side, kubeconfig)
        for (name, (role, side)), kubeconfig in zip(sides.items(), kubeconfigs, strict=True)
    }
    site = {
        "name": "lab-pair",
        "release": pair.release,
        "topology": "multi_cluster",
        "cni": pair.primary.cni,
        "managed_clusters": 10,
        "parameters": _parameters(pair, str(certificate)),
        "clusters": clusters,
        "dr": _recovery(pair),
    }
    groups: dict[str, Any] = {name: {"hosts": _hosts(side)} for name, (_, side) in sides.items()}
    groups["control_plane"] = {"children": {name: {} for name in sides}}
    first = [next(iter(_hosts(side))) for _, side in sides.values()]
    groups["installer"] = {"hosts": {name: {} for name in first}}
    variables = {"ansible_user": "root", "acp": site}
    path = folder / "inventory.yml"
    # Without references: people read it.
    path.write_text(_text({"all": {"vars": variables, "children": groups}}), encoding="utf-8")
    return path


def _text(document: dict[str, Any]) -> str:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, _data: Any) -> bool:  # noqa: ANN401 - as the base class has it
            return True

    return yaml.dump(document, Dumper=Plain, sort_keys=False)


def _cluster(role: str, side: Side, kubeconfig: str) -> dict[str, Any]:
    return {
        "role": role,
        "vip": side.vip,
        "network": role,
        "kubeconfig": kubeconfig,
        "installed": True,
        "parameters": {"cluster_endpoint": side.vip, "other_platform_addresses": [side.vip]},
    }


def _parameters(pair: Pair, certificate: str) -> dict[str, Any]:
    shared = pair.primary.shared
    return {
        "platform_address": pair.domain,
        "http_enabled": True,
        "http_port": 80,
        "https_port": 443,
        "self_built_vip": {"enabled": False},
        "certificate": {"kind": "own", "file": certificate},
        "image_repository": {
            "kind": "platform",
            "address": pair.domain,
            "username": shared.registry_user,
            "password_from": "ACP_REGISTRY_PASSWORD",
        },
        "admin_user": shared.admin,
    }


def _recovery(pair: Pair) -> dict[str, Any]:
    said: dict[str, Any] = {"data_check_interval": CHECK_INTERVAL}
    if pair.production is not None:
        said["workload_clusters"] = {WORKLOAD_CLUSTER: {"kubeconfig": str(pair.production.kubeconfig)}}
    if pair.switched_at is not None:
        said["switched_at"] = pair.switched_at.isoformat(timespec="seconds")
    return said


def _hosts(side: Side) -> dict[str, Any]:
    lab = side.cluster.lab
    reached = {
        "ansible_ssh_private_key_file": str(lab.identity_file),
        "ansible_ssh_common_args": f"-F {lab.ssh_config}",
    }
    return {node.spec.name: {"ansible_host": node.address, **reached} for node in side.cluster.cluster_nodes}
