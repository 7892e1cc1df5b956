"""What a lab writes for people and programs that reach its nodes: SSH configuration, known hosts, inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from lab.nodefiles import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lab.nodes import NodeSpec

_VIP_HOST = 250


def vip_of(prefix: str) -> str:
    """Give the VIP of the site in a lab's network."""
    return f"{prefix}.{_VIP_HOST}"


def known_hosts_text(addresses: Mapping[str, str], keys: Sequence[Path]) -> str:
    """Give the text of known_hosts: the keys of the nodes, in their order."""
    public = [key.with_suffix(".pub").read_text(encoding="ascii").strip() for key in keys]
    named = zip(addresses.items(), public, strict=True)
    return "".join(f"{address} {key}\n{name} {key}\n" for (name, address), key in named)


def ssh_config_text(addresses: Mapping[str, str], identity_file: Path, known_hosts: Path) -> str:
    """Give the text of an ssh_config by which the nodes are reached by name, with their host keys checked."""
    hosts = "".join(f"Host {name}\n  HostName {address}\n" for name, address in addresses.items())
    # The first value counts, so what is for all hosts stands last.
    return f"""{hosts}
Host *
  User root
  IdentityFile {identity_file}
  IdentitiesOnly yes
  UserKnownHostsFile {known_hosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
"""


def write_inventory(
    path: Path, name: str, prefix: str, specs: Iterable[NodeSpec], addresses: Mapping[str, str]
) -> None:
    """Write the site's inventory, in Ansible's YAML form."""
    groups: dict[str, dict[str, Any]] = {}
    for spec in specs:
        variables = {"ansible_host": addresses[spec.name]}
        for role in spec.roles:
            # Once is enough, where the node is listed first.
            groups.setdefault(role, {"hosts": {}})["hosts"][spec.name] = variables
            variables = {}
    vip = vip_of(prefix)
    site = {
        "name": f"lab-{name}",
        "release": "4.2",
        "topology": "multi_cluster",
        "cni": "kube-ovn",
        "ip_family": "ipv4",
        "managed_clusters": 10,
        "vip": vip,
        "parameters": {
            "platform_address": DOMAIN,
            "cluster_endpoint": vip,
            "http_enabled": False,
            "image_repository": {"kind": "platform"},
        },
    }
    reached = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(path.parent / "id_ed25519"),
        "ansible_ssh_common_args": f"-F {path.parent / 'ssh_config'}",
    }
    document = {"all": {"vars": {**reached, "acp": site}, "children": groups}}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
