"""Names as Pods of the cluster resolve them: by the cluster's DNS, and by each of its servers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import is_address, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


_ADDRESS = re.compile(r"^Address(?:es)?(?: \d+)?:\s+(\S+)")
_UNRESOLVED = re.compile(
    r"NXDOMAIN|SERVFAIL|REFUSED|can't (?:find|resolve)|timed out|no servers could be reached|Connection refused|"
    r"No answer|Parse error|Host is unreachable|Network is unreachable",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Lookup:
    """One name, asked of one server.

    Attributes:
        name: that was asked for.
        server: name of the CoreDNS Pod; empty for the cluster's DNS as the Pod is set up to use it.
        addresses: the answer, in order.
        failure: what was said instead of one.
        problem: why it could not be asked.
    """

    name: str
    server: str = ""
    addresses: tuple[str, ...] = ()
    failure: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Names:
    """How names resolve in the cluster.

    Attributes:
        lookups: all that were asked.
        servers: names of the CoreDNS Pods.
        domain: of the platform; empty where it is an address, or nobody says it.
        expected: addresses to which the domain may lead; empty where the inventory names none.
        problem: what is not known of that.
    """

    lookups: tuple[Lookup, ...]
    servers: tuple[str, ...]
    domain: str = ""
    expected: Sequence[str] = ()
    problem: str = ""


def read_lookup(name: str, server: str, text: str) -> Lookup:
    """Read what ``nslookup`` printed, in any of its forms: bind's, and those of old and new busyboxes.

    Raises:
        CollectionError: it has none of these forms.
    """
    addresses: list[str] = []
    answering = False
    for line in map(str.strip, text.splitlines()):
        answering = answering or line.startswith("Name:")
        if answering and (match := _ADDRESS.match(line)) and is_address(match[1]):
            addresses.append(str(ip_address(match[1])))
    if addresses:
        return Lookup(name, server, tuple(sorted(set(addresses))))
    failure = next((line for line in text.splitlines() if _UNRESOLVED.search(line)), "")
    if not failure:
        raise CollectionError(
            f"nslookup printed nothing known: {printable(text, limit=200) or '(nothing)'}", kind="unparsable"
        )
    return Lookup(name, server, failure=printable(failure, limit=200))


def misresolved(names: Names) -> Iterator[Fault]:
    """Give names that do not resolve, differently on some server, or the platform's domain to somewhere else."""
    whole = {lookup.name: lookup for lookup in names.lookups if not lookup.server}
    for lookup in names.lookups:
        usual = whole.get(lookup.name)
        if lookup.failure:
            sentence = "unresolved_at" if lookup.server else "unresolved"
            yield sentence, {"name": lookup.name, "server": lookup.server, "reason": lookup.failure}
        elif lookup.server and usual and usual.addresses and lookup.addresses and lookup.addresses != usual.addresses:
            yield (
                "differs",
                {
                    "name": lookup.name,
                    "server": lookup.server,
                    "addresses": lookup.addresses,
                    "usual": usual.addresses,
                },
            )
    domain = whole.get(names.domain)
    expected = {str(ip_address(address)) for address in names.expected if is_address(address)}
    if domain and expected and (elsewhere := set(domain.addresses) - expected):
        yield "elsewhere", {"name": names.domain, "addresses": sorted(elsewhere), "expected": sorted(expected)}


def require_asked(names: Names) -> None:
    """Make sure that all that matters could be asked.

    Raises:
        CollectionError: it could not.
    """
    for lookup in names.lookups:
        if lookup.problem:
            where = f" at {lookup.server}" if lookup.server else ""
            raise CollectionError(f"{lookup.name} could not be asked for{where}: {lookup.problem}")
    if not names.servers:
        raise CollectionError("no running CoreDNS Pod (k8s-app=kube-dns in kube-system) was found", kind="absent")
    if names.problem:
        raise CollectionError(names.problem)
