"""What lies between the sides, and before them: load balancers, names, cables."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.pair.faults.fault import Fault
from lab.pair.faults.names import CONSISTENT, DOMAIN, LOAD_BALANCER, LOAD_BALANCER_ADVISED, PATH, PATH_ADVISED
from lab.pair.faults.steps import BOTH, PRIMARY, STANDBY, OnNodes
from lab.pair.stale import forget_old_answers, keep_old_answers
from lab.platform.serving import ETCD, HTTP, HTTPS, REGISTRY
from lab.seeding import Do

if TYPE_CHECKING:
    from lab.nodes import LabNode
    from lab.pair.faults.steps import Step
    from lab.pair.pair import Pair
    from lab.pair.side import Side

_ELSEWHERE = "192.0.2.77"
_FAR_MILLISECONDS = 40.0
"""More than is advised, and far from what is required."""
_TIMEOUT = "/usr/bin/timeout"
_WITHOUT_TIMEOUT = f"mv {_TIMEOUT} {_TIMEOUT}.away"
_WITH_TIMEOUT = f"if [ -e {_TIMEOUT}.away ]; then mv {_TIMEOUT}.away {_TIMEOUT}; fi"


@dataclass(frozen=True)
class Balance:
    """Let load balancers pass on otherwise.

    Attributes:
        sides: whose.
        without: ports that they do not pass on.
        terminated: ports at which they end TLS.
    """

    sides: tuple[str, ...]
    without: tuple[int, ...] = ()
    terminated: tuple[int, ...] = ()

    def apply(self, pair: Pair) -> None:
        """Pass on otherwise."""
        for name in self.sides:
            side = pair.sides[name]
            ports = {port: behind for port, behind in side.balancing.ports.items() if port not in self.without}
            side.balancer.balance(dataclasses.replace(side.balancing, ports=ports, terminated=self.terminated))

    def undo(self, pair: Pair) -> None:
        """Pass on as usual."""
        for name in self.sides:
            side = pair.sides[name]
            side.balancer.balance(side.balancing)


@dataclass(frozen=True)
class Stale:
    """Let CoreDNS Pods of a side keep to another answer.

    Attributes:
        side: whose.
        answer: the role of the side whose VIP they answer.
        pods: how many of them; -1 for all.
    """

    side: str
    answer: str
    pods: int = 1

    def apply(self, pair: Pair) -> None:
        """Let them."""
        keep_old_answers(pair, pair.sides[self.side], pair.sides[self.answer].vip, self.pods)

    def undo(self, pair: Pair) -> None:
        """Let them ask again."""
        forget_old_answers(pair, pair.sides[self.side])


@dataclass(frozen=True)
class Cut:
    """Take the cables out of sites.

    Attributes:
        sides: whose.
        from_this_machine: this machine does not reach them either.
    """

    sides: tuple[str, ...]
    from_this_machine: bool = True

    def apply(self, pair: Pair) -> None:
        """Take them out."""
        for name in self.sides:
            pair.cut(name, from_this_machine=self.from_this_machine)

    def undo(self, pair: Pair) -> None:
        """Put them in."""
        pair.mend(*self.sides)


@dataclass(frozen=True)
class Far:
    """Let the primary's VIP be far from the standby's control plane nodes.

    Attributes:
        milliseconds: that a round trip takes more than it did.
    """

    milliseconds: float

    def apply(self, pair: Pair) -> None:
        """Keep back what they send there."""
        pair.distance.lengthen(_control_plane(pair.standby), pair.primary.vip, self.milliseconds)

    def undo(self, pair: Pair) -> None:
        """Keep nothing back."""
        pair.distance.shorten(_control_plane(pair.standby))


def _control_plane(side: Side) -> list[LabNode]:
    return [side.node(position) for position in range(len(side.site.control_plane))]


def _pointed(where: str) -> tuple[Step, ...]:
    return (Do(lambda pair: pair.point_domain_to(where), lambda pair: pair.point_domain_to(PRIMARY)),)


def _pointed_to_both(pair: Pair) -> None:
    both = [pair.primary.vip, pair.standby.vip]
    pair.names.answer(pair.domain, *both)
    for side in pair.sides.values():
        side.await_resolved(both)


def _without_line(side: Side) -> str:
    return f"sed '/ {side.domain}$/d' /etc/hosts >/run/hosts && cat /run/hosts >/etc/hosts"


_BALANCER_FAULTS = (
    Fault(
        "etcd-port-closed",
        LOAD_BALANCER,
        "the primary's VIP does not pass 2379 on",
        (Balance((PRIMARY,), (ETCD,)),),
        also=(PATH, PATH_ADVISED, CONSISTENT),
    ),
    Fault(
        "etcd-port-closed-on-standby",
        LOAD_BALANCER,
        "the standby's VIP does not pass 2379 on",
        (Balance((STANDBY,), (ETCD,)),),
    ),
    Fault(
        "etcd-port-layer-7",
        LOAD_BALANCER,
        "the primary's load balancer ends TLS at 2379, with its own certificate",
        (Balance((PRIMARY,), terminated=(ETCD,)),),
        also=(PATH, CONSISTENT),
    ),
    Fault(
        "https-port-closed", LOAD_BALANCER, "the standby's VIP does not pass 443 on", (Balance((STANDBY,), (HTTPS,)),)
    ),
    Fault(
        "registry-port-closed",
        LOAD_BALANCER,
        "the standby's VIP does not pass 11443 on",
        (Balance((STANDBY,), (REGISTRY,)),),
    ),
    Fault(
        "http-port-closed",
        LOAD_BALANCER_ADVISED,
        "the standby's VIP does not pass 80 on",
        (Balance((STANDBY,), (HTTP,)),),
    ),
)

_NAME_FAULTS = (
    Fault("domain-unknown", DOMAIN, "the platform's domain does not exist", _pointed("")),
    Fault("domain-elsewhere", DOMAIN, "the platform's domain leads to neither side", _pointed(_ELSEWHERE)),
    Fault("domain-to-standby", DOMAIN, "the platform's domain leads to the inventory's standby", _pointed(STANDBY)),
    Fault(
        "domain-to-both",
        DOMAIN,
        "the platform's domain leads to both sides",
        (Do(_pointed_to_both, lambda pair: pair.point_domain_to(PRIMARY)),),
    ),
    Fault(
        "both-sides-active",
        DOMAIN,
        "the standby's CoreDNS Pods all answer the standby's VIP, others the primary's",
        (Stale(STANDBY, STANDBY, -1),),
    ),
    Fault(
        "coredns-stale", DOMAIN, "one CoreDNS Pod of the standby answers the other address", (Stale(STANDBY, STANDBY),)
    ),
    Fault(
        "coredns-stale-on-primary",
        DOMAIN,
        "one CoreDNS Pod of the primary answers the other address",
        (Stale(PRIMARY, STANDBY),),
    ),
    Fault(
        "node-stale",
        DOMAIN,
        "nodes of the standby have an old address of the domain in /etc/hosts",
        (OnNodes((STANDBY,), f"echo {_ELSEWHERE} acp.lab.example >>/etc/hosts", _without_line),),
    ),
    Fault(
        "name-server-down",
        DOMAIN,
        "the name server does not answer",
        (Do(lambda pair: pair.names.stop(), lambda pair: pair.names.resume()),),
        breaks=True,
    ),
)

FAULTS = (
    *_BALANCER_FAULTS,
    *_NAME_FAULTS,
    Fault(
        "sites-apart",
        PATH,
        "nothing gets from one site to the other; this machine reaches both",
        (Cut((STANDBY,), from_this_machine=False),),
        also=(DOMAIN, CONSISTENT, PATH_ADVISED),
    ),
    Fault(
        "sites-distant",
        PATH_ADVISED,
        f"a round trip from the standby's nodes to the primary's VIP takes {_FAR_MILLISECONDS:.0f} ms",
        (Far(_FAR_MILLISECONDS),),
    ),
    Fault(
        "path-not-tried",
        PATH_ADVISED,
        "nodes of the standby have no timeout, by which they would try the primary's etcd",
        (OnNodes((STANDBY,), _WITHOUT_TIMEOUT, lambda _side: _WITH_TIMEOUT),),
        also=(PATH,),
        breaks=True,
    ),
    Fault("standby-unreachable", "", "nobody reaches the standby's site", (Cut((STANDBY,)),)),
    Fault("primary-unreachable", "", "nobody reaches the primary's site", (Cut((PRIMARY,)),)),
    Fault("both-unreachable", "", "nobody reaches either site", (Cut(BOTH),)),
)
