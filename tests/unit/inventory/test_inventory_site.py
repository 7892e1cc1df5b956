"""The site's block: what it can say, what is assumed, and what is said of mistakes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.inventory import Cni, Inventory, IpFamily, Storage, Topology

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Load = Callable[..., Inventory]
    Problems = Callable[..., list[str]]

NODE = "control_plane: {hosts: {cp-1: }}\n"
PAIR = """
all:
  vars:
    acp:
      release: "4.2"
      topology: multi_cluster
      parameters: {{platform_address: acp.example.com, https_port: 443, certificate: {{kind: own}}}}
      clusters:
        east: {{role: {east}}}
        west: {{role: {west}, parameters: {{https_port: 8443, certificate: {{fingerprint: {fingerprint}}}}}}}
{more}
east: {{hosts: {{east-1: }}}}
west: {{hosts: {{west-1: }}}}
control_plane: {{children: {{east: , west: }}}}
"""


def site(keys: str) -> str:
    """Give a file whose site's block says ``keys``, with commas between them."""
    return f"all: {{vars: {{acp: {{release: '4.2', topology: multi_cluster, {keys}}}}}}}\n{NODE}"


def pair(east: str = "primary", west: str = "standby", more: str = "") -> str:
    return PAIR.format(east=east, west=west, more=more, fingerprint="ab" * 32)


def test_release_and_topology_are_enough(load: Load) -> None:
    inventory = load(site(""))
    assert (inventory.site.release, inventory.site.topology) == ("4.2", Topology.MULTI_CLUSTER)
    assert inventory.site.name == "site"  # the file's name
    assert list(inventory.site.clusters) == ["global"]
    assert inventory.nodes[0].cluster == "global"


def test_the_installers_defaults_are_assumed_and_others_are_not(load: Load) -> None:
    said = load(site("")).site
    assert (said.cni, said.ip_family) == (Cni.KUBE_OVN, IpFamily.IPV4)
    assert said.networks.pods is None
    assert said.managed_clusters is None
    assert said.dr is None
    parameters = said.clusters["global"].parameters
    assert parameters.https_port is None
    assert parameters.other_platform_addresses is None
    assert parameters.image_repository.username is None


def test_empty_is_not_the_same_as_not_said(load: Load) -> None:
    inventory = load(site('parameters: {other_platform_addresses: [], image_repository: {username: "", address: ""}}'))
    parameters = inventory.site.clusters["global"].parameters
    assert parameters.other_platform_addresses == ()
    assert parameters.image_repository.username == ""
    assert parameters.image_repository.address == ""


def test_a_key_without_a_value_says_nothing(load: Load) -> None:
    said = load(site("cni: , vip: , parameters: {admin_user: , certificate: }")).site
    assert said == load(site("")).site


@pytest.mark.parametrize(("written", "release"), [("4.2", "4.2"), ("4.10", "4.10"), ("'4.2'", "4.2")])
def test_a_release_is_text_however_it_is_written(load: Load, written: str, release: str) -> None:
    assert (
        load(f"all: {{vars: {{acp: {{release: {written}, topology: single_node}}}}}}\n{NODE}").site.release == release
    )


def test_the_release_of_the_command_line_goes_before_the_files(load: Load) -> None:
    assert load(site(""), release="4.1", releases=["4.1", "4.2"]).site.release == "4.1"
    assert load(f"all: {{vars: {{acp: {{topology: single_node}}}}}}\n{NODE}", release="4.1").site.release == "4.1"


def test_everything_that_a_site_can_say(load: Load, tmp_path: Path) -> None:
    inventory = load(f"""
        all:
          vars:
            acp:
              name: acme-1
              release: 4.2
              topology: multi_cluster
              cni: calico
              ip_family: dual_stack
              managed_clusters: 50
              customer: Пример «Север»
              contract: 117/26
              locale: ru
              networks:
                pods: [10.3.0.0/16, "2001:db8:3::/64"]
                services: 10.4.0.0/16, 2001:db8:4::/112
              storage: topolvm, rook
              vip: "[2001:0db8::10]"
              external_ip: 198.51.100.1
              network: dc-1
              kubeconfig: kube/global.yaml
              context: admin
              etcd_endpoints: ["https://192.0.2.11:2379", "[2001:db8::1]:2379"]
              search_domains_needed: yes
              workload_clusters_in_other_networks: no
              package: {{file: /root/a.tar, folder: /data/cpaas, architecture: hybrid, checksum: "MD5:{"0" * 32}"}}
              isolation: {{taints: [platform=only:NoSchedule], labels: {{platform: "true"}}}}
              parameters:
                platform_address: "2001:db8::10"
                http_enabled: false
                other_platform_addresses: 192.0.2.10
                self_built_vip: {{enabled: true, vrid: 0}}
                certificate: {{kind: own, file: ~/acp.pem, key_file: /etc/acp.key,
                              fingerprint: "sha256 Fingerprint={":".join(["AB"] * 32)}"}}
                image_repository: {{kind: external, address: "registry.example.com:5000", username: 12345,
                                   password_from: REGISTRY_PASSWORD}}
                admin_user: admin@example.com
        control_plane: {{hosts: {{cp-1: {{acp_network: dc-2}}, cp-2: }}}}
    """)
    said, cluster = inventory.site, inventory.site.clusters["global"]
    assert (said.customer, said.contract, said.locale) == ("Пример «Север»", "117/26", "ru")
    assert said.storage == (Storage.TOPOLVM, Storage.ROOK)
    assert said.networks.pods == ("10.3.0.0/16", "2001:db8:3::/64")
    assert said.networks.services == ("10.4.0.0/16", "2001:db8:4::/112")
    assert (said.search_domains_needed, said.workload_clusters_in_other_networks) == (True, False)
    assert said.isolation is not None
    assert said.isolation.labels == {"platform": "true"}
    assert (said.package.folder, said.package.checksum) == ("/data/cpaas", "md5:" + "0" * 32)
    assert (cluster.vip, cluster.kubeconfig) == ("2001:db8::10", f"{tmp_path}/kube/global.yaml")
    parameters = cluster.parameters
    assert parameters.other_platform_addresses == ("192.0.2.10",)
    assert parameters.self_built_vip.vrid == 0  # judging it is a requirement's business
    assert parameters.certificate.fingerprint == "ab" * 32
    assert parameters.certificate.file is not None
    assert parameters.certificate.file.endswith("/acp.pem")
    assert "~" not in parameters.certificate.file
    assert parameters.image_repository.username == "12345"
    assert [node.network for node in inventory.nodes] == ["dc-2", "dc-1"]


def test_the_inventory_survives_json(load: Load) -> None:
    inventory = load(pair(more="      dr: {switched_at: 2026-11-21T14:30:00+03:00}"))
    text = inventory.model_dump_json()
    assert Inventory.model_validate_json(text) == inventory
    assert Inventory.model_validate_json(text).model_dump_json() == text


def test_nodes_belong_to_the_cluster_whose_group_they_are_in(load: Load) -> None:
    inventory = load(pair())
    assert {node.name: node.cluster for node in inventory.nodes} == {"east-1": "east", "west-1": "west"}
    assert {node.name: node.network for node in inventory.nodes} == {"east-1": "east", "west-1": "west"}


def test_a_pair_of_clusters_is_a_recovery_plan(load: Load) -> None:
    plan = load(pair("standby", "primary", "      dr: {workload_clusters: {prod: {kubeconfig: /p.yaml}}}")).site.dr
    assert plan is not None
    assert (plan.primary, plan.standby) == ("west", "east")
    assert plan.workload_clusters["prod"].kubeconfig == "/p.yaml"


def test_a_clusters_own_parameters_go_before_the_sites_field_by_field(load: Load) -> None:
    clusters = load(pair()).site.clusters
    assert clusters["east"].parameters.https_port == 443
    own = clusters["west"].parameters
    assert (own.platform_address, own.https_port) == ("acp.example.com", 8443)
    assert (own.certificate.kind, own.certificate.fingerprint) == ("own", "ab" * 32)


def test_one_named_cluster_holds_all_nodes(load: Load) -> None:
    inventory = load(site("clusters: {east: {vip: 192.0.2.10}}"))
    assert inventory.nodes[0].cluster == "east"
    assert inventory.site.clusters["east"].vip == "192.0.2.10"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("topolgy: x", "acp.topolgy: is no key that is known here; did you mean topology?"),
        ("foo: ", "acp.foo: is no key that is known here; write one of "),
        ("cni: flannel", 'acp.cni: "flannel" is no cni; write one of kube-ovn, calico'),
        ("cni: kubeovn", "write one of kube-ovn, calico; did you mean kube-ovn?"),
        ("ip_family: [ipv4]", "acp.ip_family: a list stands here; write one of ipv4, ipv6, dual_stack"),
        ("managed_clusters: few", '"few" does not fit; write a whole number, such as managed_clusters: 10'),
        ("managed_clusters: -1", '"-1" is out of range; write at least 0'),
        ("storage: [topolvm, ceph]", 'acp.storage[1]: "ceph" is no storage; write one of topolvm, rook'),
        ("networks: {pods: 10.3.0.1/16}", '"10.3.0.1/16" is an address in a network; write 10.3.0.0/16'),
        ("networks: {pods: all}", 'networks.pods[0]: "all" is no network; write one such as 10.3.0.0/16'),
        ("networks: {pod: x}", "networks.pod: is no key that is known here; did you mean pods?"),
        ("vip: 192.0.2", 'acp.vip: "192.0.2" is no address; write one such as 192.0.2.10'),
        ("name: a/b", '"a/b" cannot be a folder\'s name; write letters, digits'),
        ("search_domains_needed: 7", '"7" does not fit; write true or false, such as search_domains_needed: true'),
        ("parameters: {https_port: 70000}", '"70000" is out of range; write at most 65535'),
        ("parameters: {https_port: {a: b}}", "https_port: a mapping stands here; write https_port: 443"),
        ("parameters: {platform_address: 'https://a.example'}", "is a URL; write the domain or address alone"),
        ("parameters: {platform_address: a..c}", '"a..c" is no domain or address; write one such as acp'),
        ("parameters: {platform_address: 300.1.1.1}", '"300.1.1.1" is no domain or address'),
        ("parameters: {self_built_vip: true}", "self_built_vip: a single value stands here; write a mapping"),
        ("parameters: {certificate: {kind: own_one}}", "write one of own, self_signed"),
        ("parameters: {certificate: {fingerprint: abc}}", "this is no SHA-256 fingerprint; write the 64"),
        ("parameters: {image_repository: {address: 'a.example:x'}}", "this is no port; write a number from 1 to 65535"),
        ("etcd_endpoints: 192.0.2.1", '"192.0.2.1" is no etcd endpoint; write one such as https://192.0.2.11:2379'),
        ("package: {checksum: abc}", "this is no checksum; write sha256: and 64 hexadecimal digits"),
        ("package: {folder: cpaas}", '"cpaas" does not fit; write folder: /root/cpaas-install'),
        ("dr: {}", "acp.dr: needs a pair of clusters; write both under clusters:"),
        ("clusters: {}", "acp.clusters: names no cluster; write their names"),
        ("clusters: {worker: }", "clusters.worker: is a group with a meaning of its own; give"),
        ("clusters: {a b: }", '"a b" cannot be a folder\'s name'),
        ("clusters: {a: }, vip: 192.0.2.1", "acp.vip: belongs to each cluster where the site names clusters; "),
        ("clusters: [a]", "acp.clusters: a list stands here; write a mapping (key: value)"),
        ("locale: {{ x }}", "acp.locale: "),
        ("customer: '{{ customer }}'", "acp.customer: a template needs Ansible, and static files are read without it"),
        ("customer: !vault abc", "acp.customer: an Ansible Vault value needs Ansible"),
        ("customer: !secret abc", "acp.customer: a YAML tag (!name) stands here"),
    ],
)  # fmt: skip
def test_what_a_site_cannot_say_is_a_problem(problems: Problems, keys: str, said: str) -> None:
    text = "\n".join(problems(site(keys)))
    assert said in text
    assert text.startswith("site.yml:1: all.vars.acp.")


def test_a_problem_names_file_line_key_mistake_and_remedy(problems: Problems) -> None:
    (problem,) = problems(f"all:\n  vars:\n    acp:\n      release: 4.2\n      topology: cluster\n{NODE}")
    assert problem == (
        'site.yml:5: all.vars.acp.topology: "cluster" is no topology; '
        "write one of single_node, single_cluster, multi_cluster"
    )


def test_release_and_topology_are_required(problems: Problems) -> None:
    assert problems(f"all: {{vars: {{acp: {{}}}}}}\n{NODE}") == [
        "site.yml:1: all.vars.acp.release: is missing; write release: 4.2",
        "site.yml:1: all.vars.acp.topology: is missing; write one of single_node, single_cluster, multi_cluster",
    ]


@pytest.mark.parametrize("text", [NODE, f"all: \n{NODE}", f"all: {{vars: }}\n{NODE}"])
def test_a_file_without_a_site_is_a_problem(problems: Problems, text: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith("site.yml: all.vars.acp: is missing; write at least all: ")


def test_an_unknown_release_names_those_there_are(problems: Problems) -> None:
    text = f"all:\n  vars:\n    acp:\n      topology: single_node\n      release: 4.2.1\n{NODE}"
    (problem,) = problems(text, releases=["4.1", "4.2"])
    assert problem == (
        'site.yml:5: all.vars.acp.release: "4.2.1" is no release of ACP that is known here; write one of 4.1, 4.2; '
        "did you mean 4.2?"
    )


@pytest.mark.parametrize(("east", "west"), [("primary", "primary"), ("primary", ""), ("", "")])
def test_several_clusters_need_both_roles(problems: Problems, east: str, west: str) -> None:
    (problem,) = problems(pair(east, west))
    assert "several clusters are a disaster recovery pair; write two, one with role: primary and one" in problem


def test_with_several_clusters_each_node_is_in_one_of_their_groups(problems: Problems) -> None:
    both = pair().replace("west: {hosts: {west-1: }}", "west: {hosts: {west-1: , east-1: }}")
    assert "east-1 is in the groups of several clusters: east, west; name it in one of them" in "\n".join(
        problems(both)
    )
    neither = pair().replace("children: {east: , west: }", "children: {east: , west: }, hosts: {cp-9: }")
    assert "cp-9 is in no cluster; name it in the group of its cluster: east or west" in "\n".join(problems(neither))


def test_a_cluster_without_nodes_is_a_problem(problems: Problems) -> None:
    (problem,) = problems(pair().replace("west: {hosts: {west-1: }}", "wset: {hosts: }"))
    assert re.search(r"acp\.clusters\.west: has no nodes; write a group west that holds them", problem)


def test_all_problems_are_said_at_once(problems: Problems) -> None:
    found = problems(site("cni: x, ip_family: y, vip: z") + "worker: {hosts: {w-1: {ansible_port: x}}, vras: {}}\n")
    assert len(found) == 5


def test_twenty_problems_are_shown_and_the_rest_counted(load: Load) -> None:
    hosts = "".join(f"    n{number}: {{ansible_port: x}}\n" for number in range(30))
    with pytest.raises(Exception, match=r"and 10 more problems$") as caught:
        load(site("") + "worker:\n  hosts:\n" + hosts)
    assert len(str(caught.value).splitlines()) == 21
