"""Faults that show under load, and of the links between nodes."""

from __future__ import annotations

from lab.faults.fault import Fault, instead

_BANDWIDTH = "preflight.between.bandwidth"
_RATE = "preflight.capacity.disk-performance"
_LATENCY = "preflight.capacity.etcd-disk-latency"
_SPEED = "/sys/class/net/eth0/speed"


def _link(speed: int) -> str:
    """Let the interface say another speed of its link."""
    return f"echo {speed} >/run/lab-speed\nmount --bind /run/lab-speed {_SPEED}"


def _dd(*, large: float = 0.05, small: float = 0.05, sync: float = 0.0005, first: str = "") -> str:
    """Let ``dd`` say other times than it took, those of a fast disk unless said: so that no verdict hangs on this one.

    Args:
        large: seconds of one that writes blocks of 1 MiB.
        small: of one that writes blocks of 4 kB.
        sync: of one synchronous write of 8 kB.
        first: what it does before that.
    """
    return instead(
        "dd",
        f'{first}\ncase "$*" in\n  *bs=1M*) seconds={large} ;;\n  *bs=4k*) seconds={small} ;;\n'
        f'  *bs=8k*count=1*) seconds={sync} ;;\n  *) exec /usr/lib/lab/real/dd "$@" ;;\nesac\n'
        'said=$(/usr/lib/lab/real/dd "$@" 2>&1) || exit\n'
        'printf "%s\\n" "$said" | sed "s/copied, [^ ]* s/copied, $seconds s/" >&2',
    )


FAULTS = (
    Fault("link-100", _BANDWIDTH, "a link of 100 Mbit/s", _link(100)),
    Fault("link-unknown", _BANDWIDTH, "an interface that does not know its link's speed", _link(-1), breaks=True),
    Fault(
        "path-slow",
        _BANDWIDTH,
        "a link of 10 Gbit/s through which 20 Mbit/s go",
        "tc qdisc add dev eth0 root tbf rate 20mbit burst 256kb latency 400ms",
        active=True,
    ),
    Fault(
        "no-peer-program",
        _BANDWIDTH,
        "neither Python nor Perl is there",
        "rm -f /usr/bin/python3* /usr/bin/perl*",
        breaks=True,
        active=True,
    ),
    Fault("no-python", "", "Perl is there, and no Python", "rm -f /usr/bin/python3*", active=True),
    Fault(
        "kubelet-runs",
        "",
        "a kubelet runs: the platform is installed",
        "cp /usr/bin/sleep /usr/local/bin/kubelet\n/usr/local/bin/kubelet 86400 </dev/null >/dev/null 2>&1 &",
        active=True,
    ),
    Fault("disk-fast", "", "a dd that says the times of a fast disk", _dd(), active=True),
    Fault("disk-slow", _RATE, "a disk of 160 MB/s", _dd(large=0.21), active=True),
    Fault("disk-few-iops", _RATE, "a disk of 400 operations a second", _dd(small=5.12), active=True),
    Fault(
        "disk-indirect",
        _RATE,
        "a dd that can write past no cache",
        _dd(first='case "$*" in *oflag=*) exit 1 ;; esac'),
        breaks=True,
        active=True,
    ),
    Fault(
        "sync-slow",
        _LATENCY,
        "a disk that takes 20 ms for a synchronous write",
        _dd(sync=0.020512),
        active=True,
    ),
    Fault("sync-silent", _LATENCY, "a dd that says no times", instead("dd", "exit 0"), breaks=True, active=True),
)
