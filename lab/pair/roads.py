"""Roads between labs: each lab's network gets a router, and these are joined, as those of distant sites are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.programs import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.nodes import LabNode
    from lab.site import Lab

_ROUTER = 254
_FORWARD = "echo 1 >/proc/sys/net/ipv4/ip_forward"


@dataclass(frozen=True)
class Roads:
    """A hub's lab in the middle, and the labs of sites around it; all of it ends with the labs.

    This machine reaches each lab directly, as ever, and takes no part in what goes between them.

    Attributes:
        hub: the lab in the middle.
        sites: the others, each joined to it.
    """

    hub: Lab
    sites: Sequence[Lab]

    def build(self) -> None:
        """Join them.

        Raises:
            LabError: the kernel refuses something.
        """
        _make_router(self.hub)
        for number, site in enumerate(self.sites):
            _make_router(site)
            self._join(number, site)
        for lab in (self.hub, *self.sites):
            others = [other.network for other in (self.hub, *self.sites) if other is not lab]
            for node in lab.nodes.values():
                _in_network(node.pid, *(f"route add {network} via {lab.prefix}.{_ROUTER}" for network in others))

    def cut(self, site: Lab, *, from_this_machine: bool = True) -> None:
        """Take a site's cables out: nothing from elsewhere comes in, and nobody answers.

        Args:
            site: which.
            from_this_machine: this machine does not reach it either.
        """
        words = ["link set road down", *(["link set host down"] if from_this_machine else [])]
        _in_network(site.process, *words)

    def mend(self, site: Lab) -> None:
        """Put a site's cables in again."""
        _in_network(site.process, "link set host up", "link set road up", *self._ways(self.sites.index(site), site))

    def _join(self, number: int, site: Lab) -> None:
        _in_network(
            site.process,
            f"link add road type veth peer name road{number} netns {self.hub.process}",
            f"address add {_end(number, 1)}/30 dev road",
            "link set road up",
        )
        _in_network(
            self.hub.process,
            f"address add {_end(number, 2)}/30 dev road{number}",
            f"link set road{number} up",
            f"route add {site.network} via {_end(number, 1)}",
        )
        _in_network(site.process, *self._ways(number, site))

    def _ways(self, number: int, site: Lab) -> list[str]:
        others = [lab.network for lab in (self.hub, *self.sites) if lab is not site]
        return [f"route replace {network} via {_end(number, 2)}" for network in others]


def run_in_network(node: LabNode, *words: str) -> None:
    """Change the network of a node, in words of ``ip``."""
    _in_network(node.pid, *words)


def _end(number: int, end: int) -> str:
    """Give the address of one end of a cable."""
    return f"169.254.{100 + number}.{end}"


def _make_router(lab: Lab) -> None:
    _in_network(lab.process, f"address add {lab.prefix}.{_ROUTER}/{lab.network.rpartition('/')[2]} dev lab")
    run("nsenter", f"--target={lab.process}", "--net", "sh", "-c", _FORWARD)


def _in_network(process: int, *words: str) -> None:
    run("nsenter", f"--target={process}", "--net", "ip", "-batch", "-", given="\n".join([*words, ""]))
