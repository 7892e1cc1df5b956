"""What is observed of a disaster recovery pair as a whole, and what follows from that."""

from __future__ import annotations

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.pair.check import CheckAnswer
from acp_acceptance.model.pair.comparison import Comparison
from acp_acceptance.model.pair.components import WorkloadComponents
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.failover import EtcdPorts
from acp_acceptance.model.pair.lag import Lag
from acp_acceptance.model.pair.last_consistency import LastConsistency
from acp_acceptance.model.pair.path import EtcdPath
from acp_acceptance.model.pair.switched_domain import DomainServed


class PairFacts(Facts):
    """What needs both clusters, or neither: the domain as this machine sees it, and comparisons of both."""

    domain_here = Fact(DomainHere)

    # Synchronisation of etcd.
    check = Fact(CheckAnswer)
    comparison = Fact(Comparison)
    etcd_path = Fact(EtcdPath)
    lag = Fact(Lag)
    last_consistency = Fact(LastConsistency)
    etcd_ports = Fact(EtcdPorts)
    domain_served = Fact(DomainServed)
    workload_components = Fact(WorkloadComponents)
