"""Faults of a node's addresses, routes, and list of hosts."""

from __future__ import annotations

from lab.faults.fault import Fault, instead

_LOCALHOST = "preflight.network.localhost"
_SEARCH = "preflight.network.search-domains"
_ADDRESS = "preflight.network.node-address"
_ROUTE = "preflight.network.default-route"
_DUAL = "preflight.network.dual-stack"
_RANGE = "preflight.network.reserved-range"
_RESOLVER = "/etc/resolv.conf"

# The kernel answers for the address, and no interface has it: as behind a translation of addresses.
_ANSWERED_FOR = """
address=$(ip -o -4 address show dev eth0 | sed 's/.* inet \\([^ ]*\\) .*/\\1/')
gateway=$(ip route show default | sed 's/.* via \\([^ ]*\\) .*/\\1/')
ip address del "$address" dev eth0
ip route add local "${address%/*}" dev lo
ip route add "${gateway%.*}.0/24" dev eth0 src "${address%/*}"
ip route add default via "$gateway" src "${address%/*}"
"""

_IPV6_ROUTE = "ip -6 route add default dev eth0"
IPV6 = f"""
ip -6 address add "2001:db8::$(ip -o -4 address show dev eth0 | sed 's/.*[.]\\([0-9]*\\)[/].*/\\1/')/64" dev eth0 nodad
{_IPV6_ROUTE}
"""
"""Gives a node an address of IPv6, and a default route."""

FAULTS = (
    Fault(
        "localhost-elsewhere",
        _LOCALHOST,
        "localhost is 127.0.1.1",
        "sed -i 's/^127.0.0.1 localhost/127.0.1.1 localhost/' /etc/hosts",
    ),
    Fault("localhost-missing", _LOCALHOST, "localhost has no address of IPv4", "sed -i '/^127/d' /etc/hosts"),
    Fault(
        "unreadable-hosts",
        _LOCALHOST,
        "/etc/hosts ends with 5 MB of comments",
        "yes '# comment' | head -c 5000000 >>/etc/hosts",
        breaks=True,
    ),
    Fault("search-domain", _SEARCH, "a search domain", f"echo 'search lab.example' >>{_RESOLVER}"),
    Fault(
        "search-domains-29",
        _SEARCH,
        "29 search domains, where 28 are allowed",
        f"echo search $(seq -f 'd%g.example' 29) >>{_RESOLVER}",
        plan="search-domains",
    ),
    Fault("address-translated", _ADDRESS, "no interface has the address that the node is reached at", _ANSWERED_FOR),
    Fault(
        "unreadable-addresses",
        _ADDRESS,
        "ip fails",
        instead("ip", "exit 1"),
        breaks=True,
        also=(_ROUTE, _RANGE),
    ),
    Fault(
        "no-default-route",
        _ROUTE,
        "there is no default route",
        "ip route del default",
        # The link of which they judge is the one that the default route leads to.
        also=("preflight.between.bandwidth", "preflight.between.bandwidth-advised"),
    ),
    Fault("reserved-address", _RANGE, "an interface has 172.18.0.1", "ip address add 172.18.0.1/24 dev eth0"),
    Fault("reserved-route", _RANGE, "a route leads to 172.17.0.0/16", "ip route add 172.17.0.0/16 dev eth0"),
    Fault("ipv6", "", "the node has an address of IPv6 and a default route, too", IPV6, plan="calico-dual-stack"),
    Fault("no-ipv6-address", _DUAL, "there is no address of IPv6", _IPV6_ROUTE, plan="calico-dual-stack"),
    Fault(
        "unreadable-ipv6-addresses",
        _DUAL,
        "ip fails, where IPv6 is planned",
        f"{IPV6}\n{instead('ip', 'exit 1')}",
        breaks=True,
        plan="calico-dual-stack",
    ),
)
