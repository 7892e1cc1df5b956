"""Where the platform's domain leads: that decides which cluster of the pair is active."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.cluster import same_address
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.platform import PlatformFacts


_NOBODY_ANSWERED = re.compile(
    r"SERVFAIL|timed out|no servers could be reached|temporary failure|connection refused|unreachable", re.IGNORECASE
)
"""Words of a resolver that learnt nothing; a name that does not exist is an answer."""


@dataclass(frozen=True)
class DomainHere:
    """The platform's domain, as the machine that runs the suite resolves it.

    Attributes:
        name: the domain; empty where the inventory names none.
        addresses: of IPv4 and IPv6.
        failure: why it does not resolve.
    """

    name: str
    addresses: tuple[str, ...] = ()
    failure: str = ""


def leads_to(addresses: Collection[str], fronts: Mapping[str, Collection[str]]) -> set[str]:
    """Give the clusters that some addresses lead to; an empty name stands for one that is neither's.

    Args:
        addresses: that a name resolves to.
        fronts: VIP and External IP, by cluster.
    """
    return {
        next((cluster for cluster, front in fronts.items() if any(same_address(address, item) for item in front)), "")
        for address in addresses
    }


def active_by(here: DomainHere, fronts: Mapping[str, Collection[str]]) -> str:
    """Give the cluster that the domain leads to from this machine.

    Raises:
        CollectionError: it leads to none of both, or to both, or does not resolve.
    """
    if not here.name:
        raise CollectionError("the inventory names no platform domain (parameters.platform_address)", kind="unsaid")
    if not here.addresses:
        raise CollectionError(f"{here.name} does not resolve here: {here.failure}", kind="unreachable")
    found = leads_to(here.addresses, fronts)
    shown = ", ".join(here.addresses)
    if len(found) != 1:
        raise CollectionError(f"{here.name} leads to more than one cluster ({shown})", kind="unclear")
    (active,) = found
    if not active:
        raise CollectionError(f"{here.name} leads to {shown}, which is the VIP of neither cluster", kind="unclear")
    return active


@dataclass(frozen=True)
class View:
    """The domain from one point of view.

    Attributes:
        place: who resolved it.
        pod: the CoreDNS Pod that answered; empty where it was the usual way.
        addresses: the answer.
        failure: what was said instead of one.
        problem: why nothing was learnt.
    """

    place: str | Wording
    pod: str = ""
    addresses: tuple[str, ...] = ()
    failure: str | Wording = ""
    problem: str = ""


def views_of(here: DomainHere, platforms: Iterable[PlatformFacts], nodes: Mapping[str, NodeFacts]) -> list[View]:
    """Give the domain from all points of view: this machine, sentry, each CoreDNS Pod, each node."""
    views = [_settled(View(wording("this-machine"), addresses=here.addresses, failure=here.failure))]
    for platform in platforms:
        views += _in_cluster(platform, here.name)
    nobody = any(view.problem for view in views)
    for name, facts in nodes.items():
        place = wording("node", name=name)
        try:
            addresses = facts.resolved.of(here.name)
        except CollectionError as error:
            views.append(View(place, problem=str(error)))
            continue
        # getent says nothing of why: where others heard of no server, it is that.
        problem = "it resolved nothing, as others whose servers do not answer" if nobody and not addresses else ""
        views.append(View(place, addresses=addresses, failure=wording("getent-silent"), problem=problem))
    return views


def _in_cluster(platform: PlatformFacts, domain: str) -> Iterator[View]:
    sentry = wording("sentry-in", cluster=platform.target)
    try:
        names = platform.names
    except CollectionError as error:
        yield View(sentry, problem=str(error))
        return
    asked = [lookup for lookup in names.lookups if same_address(lookup.name, domain)]
    for lookup in asked:
        pod = wording("coredns-in", pod=lookup.server, cluster=platform.target)
        place = pod if lookup.server else sentry
        yield _settled(View(place, lookup.server, lookup.addresses, lookup.failure, lookup.problem))
    if not asked:
        yield View(sentry, problem=f"{domain} was not asked for there: {names.problem or 'nobody names it'}")
    elif not names.servers:
        yield View(f"CoreDNS in {platform.target}", problem="no running CoreDNS Pod was found")


def _settled(view: View) -> View:
    """Give a view; where no server answered, nothing was learnt."""
    if view.problem or view.addresses or not _NOBODY_ANSWERED.search(str(view.failure)):
        return view
    return View(view.place, view.pod, problem=f"no server answered: {view.failure}")


def misled(views: Iterable[View], active: str, fronts: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    """Give the points of view from which the domain does not lead to the active cluster, and only there.

    Args:
        views: all of them.
        active: the cluster that is to be active.
        fronts: VIP and External IP, by cluster.
    """
    for view in views:
        if view.problem:
            continue
        leads = leads_to(view.addresses, fronts)
        values: dict[str, object] = {"place": view.place, "addresses": view.addresses}
        if not leads:
            yield "unresolved", {"place": view.place, "reason": view.failure or wording("no-answer")}
        elif leads == {active}:
            continue
        elif view.pod:
            yield "stale", {**values, "pod": view.pod, "vip": fronts[active]}
        elif leads == {""}:
            yield "elsewhere", {**values, "vip": fronts[active]}
        elif active in leads:
            yield "several", {**values, "active": active}
        else:
            yield "other_side", {**values, "cluster": ", ".join(sorted(leads)), "active": active}


def require_seen(views: Iterable[View]) -> None:
    """Make sure that every point of view was taken.

    Raises:
        CollectionError: one was not.
    """
    unseen = [view for view in views if view.problem]
    if unseen:
        more = f" (and {len(unseen) - 1} more points of view)" if len(unseen) > 1 else ""
        raise CollectionError(f"{unseen[0].place}: {unseen[0].problem}{more}")
