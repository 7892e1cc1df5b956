"""What is observed of a disaster recovery pair as a whole, and what follows from that."""

from __future__ import annotations

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.failover import DomainServed, EtcdPorts, LastConsistency, WorkloadComponents


class PairFacts(Facts):
    """What needs both clusters, or neither: the domain as this machine sees it, and comparisons of both."""

    domain_here = Fact(DomainHere)
    last_consistency = Fact(LastConsistency)
    etcd_ports = Fact(EtcdPorts)
    domain_served = Fact(DomainServed)
    workload_components = Fact(WorkloadComponents)
