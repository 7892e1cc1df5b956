"""Real nodes on one machine, to try the suite on: namespaces, an overlay over a Debian tree, sshd, seeded faults."""

from lab.disks import ROOT_ONLY, Disks, Volume
from lab.faults import FAULTS, Fault
from lab.flavours import FLAVOURS, Flavour
from lab.nodes import LabNode, NodeSpec
from lab.programs import LabError
from lab.site import Lab

__all__ = [
    "FAULTS",
    "FLAVOURS",
    "ROOT_ONLY",
    "Disks",
    "Fault",
    "Flavour",
    "Lab",
    "LabError",
    "LabNode",
    "NodeSpec",
    "Volume",
]
