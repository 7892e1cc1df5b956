"""Remedies: for what failed on nodes, a script for each and one Ansible playbook for all."""

from acp_acceptance.reporting.remedies.plan import Remedy, remedies_of
from acp_acceptance.reporting.remedies.writing import write_remedies

__all__ = ["Remedy", "remedies_of", "write_remedies"]
