"""Faults that can be seeded on a platform, by name.

For each requirement of stage postinstall there is at least one that turns it red and one that makes it unmeasurable,
but for these, which a lab cannot show:

- ``control-plane.etcd-advised``: how long etcd's commits and writes take. etcd's histograms begin with its start and
  cannot be changed; a disk that is slow without fail is not here. The size of its database is shown.
- ``control-plane.count``: a count that is wrong is a plane of two (or of an inventory with another number).
- pressure of a node: a kubelet that sees it evicts Pods, so that it is not the node alone that is not well.
- ``platform.kubernetes-version`` failing: a platform of a release that does not create the plane's version.
- ``platform.web-console``, ``platform.registry`` and ``platform.load-balancer`` broken: that an address does not answer
  is their failure. They break where the machine that the run is on does not resolve the platform's name.
"""

from lab.platform.faults import acp, appreleases, cluster, nodes, pods
from lab.platform.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault for area in (appreleases, pods, nodes, acp, cluster) for fault in area.FAULTS
}

__all__ = ["FAULTS", "Fault"]
