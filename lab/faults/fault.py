"""What a fault is, and the words that faults' scripts are made of."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_PLAN = "usual"
PLANS = {
    "release-4.0": "of release 4.0",
    "calico": "of release 4.0, with Calico",
    "calico-dual-stack": "with Calico, and with IPv6 beside IPv4",
    "local-storage": "with TopoLVM",
    "search-domains": "whose nodes need their search domains",
    "installer": "whose installer runs on the node",
    "recovery": "whose node is one of the standby of a disaster recovery pair",
}
"""Plans other than what a lab's inventory says: name to what they are."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a node.

    Attributes:
        name: what it is called.
        requirement: id of the one requirement it turns red, or makes unmeasurable; empty for what turns none red.
        what: what is wrong, in a few words.
        script: run by sh as root in the running node; it fails where the fault cannot be seeded.
        breaks: it makes the requirement unmeasurable.
        flavours: those it is for; all, where empty.
        active: it shows only where the checks that load the node are allowed.
        plan: of the site in which it shows: ``usual``, or one of :data:`PLANS`.
        also: ids of further requirements that it makes unmeasurable, since they need the same.
    """

    name: str
    requirement: str
    what: str
    script: str
    breaks: bool = False
    flavours: tuple[str, ...] = ()
    active: bool = False
    plan: str = USUAL_PLAN
    also: tuple[str, ...] = ()


def unreadable(*paths: str) -> str:
    """Make files unreadable for root as well: an input/output error.

    The memory of a process has nothing at its beginning: reading there is that error, whoever reads.
    """
    return "\n".join(f"if [ -e {path} ]; then mount --bind /proc/1/mem {path}; fi" for path in paths)


def instead(programs: str, script: str) -> str:
    """Put a script in the place of programs; the real ones are in /usr/lib/lab/real."""
    return f"/usr/lib/lab/replace {programs} <<'SCRIPT'\n#!/bin/sh\n{script}\nSCRIPT"


def edit(path: str, expression: str) -> str:
    """Edit a file that is mounted over another, and so cannot be replaced as ``sed -i`` does."""
    return f"if [ -e {path} ]; then text=$(sed '{expression}' {path}); printf '%s\\n' \"$text\" >{path}; fi"
