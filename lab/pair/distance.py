"""Distance between sites: what nodes send to an address is kept back, since this kernel may have no queue that delays.

It goes through a device of the node whose program writes each packet to it again some time later, and from there on the
usual way; what answers comes directly. Only what a node itself sends is kept back: that of its Pods is not, whose
addresses are translated on the way out, once for each connection.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.platform.plane import run_on
from lab.programs import ENVIRONMENT, LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.nodes import LabNode

_PROGRAM = Path(__file__).with_name("holding.py")
_PATIENCE = 10.0
_DEVICE, _ADDRESS = "far", "169.254.99.1"
_INTO, _OUT_OF = 4001, 4002
"""Tables of routes: into the device, and on from it."""
_KEPT = "/run/far-rp-filter"

# Packets with the node's own address come in here, and answers come in where the way back does not lead: both are
# looked at less strictly, for which the device must have an address. Packets are led into it last, when it leads on.
_LENGTHEN = f"""
settings=/proc/sys/net/ipv4/conf
cat $settings/eth0/rp_filter >{_KEPT}
echo 2 | tee $settings/eth0/rp_filter >$settings/{_DEVICE}/rp_filter
echo 1 | tee $settings/{_DEVICE}/accept_local >$settings/{_DEVICE}/forwarding
ip address add {_ADDRESS}/32 dev {_DEVICE}
ip link set {_DEVICE} up
way=$(ip -4 -o route get {{address}} | sed -n 's/.* via \\([^ ]*\\) dev \\([^ ]*\\) .*/via \\1 dev \\2/p')
ip route add table {_OUT_OF} {{address}} $way
ip rule add iif {_DEVICE} lookup {_OUT_OF}
ip route add table {_INTO} {{address}} dev {_DEVICE} src {{own}}
ip rule add iif lo to {{address}} lookup {_INTO}
"""
# Each may be there or not.
_SHORTEN = f"""
for table in {_INTO} {_OUT_OF}; do
  ip rule delete lookup $table 2>/dev/null || :
  ip route flush table $table 2>/dev/null || :
done
if [ -e {_KEPT} ]; then cat {_KEPT} >/proc/sys/net/ipv4/conf/eth0/rp_filter; rm {_KEPT}; fi
"""


@dataclass
class Distance:
    """The programs that keep packets back, each in the namespaces of a node, with which it ends.

    It ends, too, when this process does: nothing holds its standard input then.
    """

    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict, init=False, repr=False)

    def lengthen(self, nodes: Sequence[LabNode], address: str, milliseconds: float) -> None:
        """Keep what these nodes send to an address back for so long.

        Raises:
            LabError: the kernel has no such devices, or refuses something.
        """
        for node in nodes:
            self._start(node, milliseconds / 1000)
            run_on(node, _LENGTHEN.format(address=address, own=node.address))

    def shorten(self, nodes: Sequence[LabNode]) -> None:
        """Keep nothing back any more; nodes that never did are left as they are."""
        for node in nodes:
            program = self._running.pop(node.address, None)
            try:
                run_on(node, _SHORTEN)
            finally:
                if program is not None:
                    _end(program)

    def _start(self, node: LabNode, seconds: float) -> None:
        """Start the program with this machine's files, of which the node has no Python, and wait until it is ready."""
        entering = ["nsenter", f"--target={node.pid}", "--net", "--pid"]
        argv = [*entering, sys.executable, "-I", "-S", str(_PROGRAM), _DEVICE, str(seconds)]
        program = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        assert program.stdout is not None
        # Ended otherwise: then its output has ended, too.
        if program.stdout.readline().strip() != "ready":
            _, said = program.communicate(timeout=_PATIENCE)
            reason = said.strip().rpartition("\n")[2]
            raise LabError(f"packets of {node.spec.name} cannot be kept back: {reason or 'the program ended'}")
        self._running[node.address] = program


def _end(program: subprocess.Popen[str]) -> None:
    """End a program by the end of its input, as it ends by itself."""
    with suppress(BrokenPipeError), program:
        program.communicate(timeout=_PATIENCE)
