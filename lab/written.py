"""What a lab writes for people and programs that reach its nodes: SSH configuration, known hosts, inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from lab.site import Lab


def write_ssh_files(lab: Lab) -> None:
    """Write ssh_config and known_hosts; host keys are those the nodes were made with."""
    known, config = [], []
    for name, node in lab.nodes.items():
        key = (node.folder / "overlay" / "etc" / "ssh" / "ssh_host_ed25519_key.pub").read_text(encoding="ascii")
        known.append(f"{node.address} {key}")
        config.append(f"Host {name}\n  HostName {node.address}\n")
    (lab.directory / "known_hosts").write_text("".join(known), encoding="ascii")
    # In ssh_config the first value counts, so what is for all hosts stands last.
    lab.ssh_config.write_text(
        "\n".join(config)
        + f"""
Host *
  User root
  IdentityFile {lab.identity_file}
  IdentitiesOnly yes
  UserKnownHostsFile {lab.directory}/known_hosts
  GlobalKnownHostsFile /dev/null
""",
        encoding="utf-8",
    )


def write_inventory(lab: Lab) -> None:
    """Write the site's inventory."""
    groups: dict[str, dict[str, Any]] = {}
    for name, node in lab.nodes.items():
        for role in node.spec.roles:
            hosts = groups.setdefault(role, {"hosts": {}})["hosts"]
            hosts[name] = {"ansible_host": node.address} if role != "installer" else {}
    vip = f"{lab.prefix}.254"
    site = {
        "name": lab.name,
        "release": "4.2",
        "topology": "multi_cluster",
        "cni": "kube-ovn",
        "ip_family": "ipv4",
        "managed_clusters": 10,
        "vip": vip,
        "parameters": {"platform_address": "acp.lab.example", "cluster_endpoint": vip},
    }
    document = {
        "all": {
            "vars": {
                "ansible_user": "root",
                "ansible_ssh_common_args": f"-F {lab.ssh_config}",
                "acp": site,
            },
            "children": groups,
        }
    }
    lab.inventory.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
