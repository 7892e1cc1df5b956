"""What makes a control plane look like a healthy ``global`` cluster of ACP, and what can be wrong with it."""

from lab.platform.faults import FAULTS, Fault
from lab.platform.platform import Platform

__all__ = ["FAULTS", "Fault", "Platform"]
