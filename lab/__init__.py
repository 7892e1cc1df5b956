"""Real nodes on one machine, to try the suite on: namespaces, an overlay over a Debian tree, sshd, seeded faults."""

from lab.faults import FAULTS, Fault
from lab.flavours import FLAVOURS, Flavour
from lab.nodes import LabNode, NodeSpec
from lab.programs import LabError
from lab.site import Lab

__all__ = ["FAULTS", "FLAVOURS", "Fault", "Flavour", "Lab", "LabError", "LabNode", "NodeSpec"]
