"""CoreDNS Pods that keep to an old answer: what they ask the name server goes to another port of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.pair.name_server import STALE_PORT
from lab.platform.plane import run_on

if TYPE_CHECKING:
    from lab.pair.pair import Pair
    from lab.pair.side import Side
    from lab.platform.api import Object

_PODS = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns"
_IN_POD = """
for place in /proc/[0-9]*; do
  [ "$(cat $place/comm 2>/dev/null)" = coredns ] || continue
  nsenter --net=$place/ns/net ip -4 -o address show eth0 | grep -q ' {address}/' || continue
  nsenter --net=$place/ns/net sh -c '{command}'
done
"""
_UNDO = "nft delete table ip stale 2>/dev/null || :; conntrack -F >/dev/null 2>&1 || :"


def keep_old_answers(pair: Pair, side: Side, address: str, pods: int) -> None:
    """Let CoreDNS Pods answer the domain with an address, and wait until they do.

    Args:
        pair: with the name server.
        side: whose Pods.
        address: that they answer.
        pods: how many of them; -1 for all.
    """
    pair.names.remember(pair.domain, address)
    server = pair.names.address
    to = f"dnat to {server}:{STALE_PORT}"
    rules = (
        "nft -f - <<RULES\ntable ip stale {\n chain out {\n  type nat hook output priority -100;\n"
        f"  ip daddr {server} udp dport 53 {to}\n  ip daddr {server} tcp dport 53 {to}\n }}\n}}\nRULES\n"
    )
    found = dns_pods(side)
    for pod in found if pods < 0 else found[:pods]:
        # What is under way already is forgotten: it goes where it went.
        _run_in(side, pod, f"{_UNDO}\nset -e\n{rules}conntrack -F >/dev/null 2>&1 || :")
        own = pod["status"]["podIP"]
        side.await_resolved([address], own)


def forget_old_answers(pair: Pair, side: Side) -> None:
    """Let all CoreDNS Pods ask the name server again, and wait until they answer as it does."""
    wanted = pair.names.names.get(pair.domain, [])
    for pod in dns_pods(side):
        _run_in(side, pod, _UNDO)
        own = pod["status"]["podIP"]
        side.await_resolved(wanted, own)


def dns_pods(side: Side) -> list[Object]:
    """Give the CoreDNS Pods that run, in the order of their names."""
    running = [pod for pod in side.api.items(_PODS) if pod["status"].get("podIP")]
    return sorted(running, key=lambda pod: str(pod["metadata"]["name"]))


def _run_in(side: Side, pod: Object, command: str) -> None:
    """Run a command in a Pod's network; a Pod of CoreDNS has no shell of its own."""
    node = next(node for node in side.cluster.cluster_nodes if node.address == pod["status"]["hostIP"])
    run_on(node, _IN_POD.format(address=pod["status"]["podIP"].replace(".", "[.]"), command=command))
