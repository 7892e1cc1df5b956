"""Faults that show only between nodes: shared identities, and clocks."""

from __future__ import annotations

from lab.faults.fault import Fault, instead, unreadable

_UNIQUE = "preflight.between.hostname-unique"
_ZONE = "preflight.between.timezone"
_CLOCK = "preflight.between.clock"


def _as_first(name: str, places: str) -> str:
    """Copy what the lab's first node has."""
    first = f"/usr/lib/lab/first/{name}"
    return (
        f"for place in {places}; do\n"
        f'  if cmp -s {first} $place; then echo "this is the first node, whose {name} others copy" >&2; exit 1; fi\n'
        f"  cat {first} >$place\ndone"
    )


def _ahead(seconds: int) -> str:
    """Let ``date`` say a later time: the clock itself is one for all namespaces."""
    return instead(
        "date",
        "real=/usr/lib/lab/real/date\n"
        "case $(readlink $real) in\n"
        f'  *busybox) when=@$(($($real +%s) + {seconds})) ;;\n  *) when="+{seconds} seconds" ;;\n'
        'esac\nexec $real -d "$when" "$@"',
    )


# The form of RFC 8536, twice: no transition, one type of time, 28,800 s east, called +08.
_HEADER = "TZif2" + r"\000" * (15 + 16) + r"\000\000\000\001\000\000\000\004"
_ZONE_FILE = (
    f"for block in 1 2; do printf '{_HEADER}" + r"\000\000\160\200\000\000+08\000'; done >/usr/share/lab-zone" + "\n"
    r"printf '\n<+08>-8\n' >>/usr/share/lab-zone" + "\nln -sf /usr/share/lab-zone /etc/localtime"
)

FAULTS = (
    Fault(
        "hostname-duplicate",
        _UNIQUE,
        "the host name of the lab's first node, which is then no better",
        _as_first("hostname", "/proc/sys/kernel/hostname /etc/hostname"),
    ),
    Fault(
        "machine-id-duplicate",
        _UNIQUE,
        "the machine-id of the lab's first node, which is then no better",
        _as_first("machine-id", "/etc/machine-id"),
    ),
    Fault(
        "machine-id-cloned",
        _UNIQUE,
        "the machine-id of a template; it takes two such nodes",
        "echo 0123456789abcdef0123456789abcdef >/etc/machine-id",
    ),
    Fault(
        "unreadable-identity",
        _UNIQUE,
        "neither machine-id nor product_uuid can be read",
        unreadable("/etc/machine-id", "/sys/class/dmi/id/product_uuid"),
        breaks=True,
    ),
    Fault(
        "timezone-other",
        _ZONE,
        "another time zone than the others'",
        _ZONE_FILE,
    ),
    Fault(
        "unreadable-timezone",
        _ZONE,
        "neither /etc/localtime nor date says the time zone",
        "rm -f /etc/localtime\n"
        + instead("date", 'case "$*" in *%Z*) exit 1 ;; esac\nexec /usr/lib/lab/real/date "$@"'),
        breaks=True,
    ),
    Fault("clock-ahead-60", _CLOCK, "the clock is a minute ahead", _ahead(60)),
    Fault("clock-ahead-3", f"{_CLOCK}-advised", "the clock is three seconds ahead", _ahead(3)),
    Fault("unreadable-clock", _CLOCK, "date fails", instead("date", "exit 1"), breaks=True),
)
