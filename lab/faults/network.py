"""Faults of names, name resolution and ports."""

from __future__ import annotations

from lab.faults.fault import Fault, instead, unreadable

_HOSTNAME = "preflight.network.hostname"
_RESOLVER = "preflight.network.resolv-conf"
_PORTS = "preflight.network.ports-free"


def _hostname(printed: str) -> str:
    return f"printf '{printed}\\n' | tee /proc/sys/kernel/hostname >/etc/hostname"


def _listen(port: int, name: str) -> str:
    """Really hold a port, by a process of that name."""
    program = (
        f'$0 = "{name}"; IO::Socket::INET->new(LocalPort => {port}, Listen => 5) // die; '
        'open(my $ready, ">", "/run/lab-listens"); close $ready; sleep'
    )
    # The socket goes with its variable: it must have one.
    program = program.replace("IO::Socket", "my $socket = IO::Socket", 1)
    return (
        f"setsid perl -MIO::Socket::INET -e '{program}' </dev/null >/dev/null 2>&1 &\n"
        "for _ in $(seq 300); do [ ! -e /run/lab-listens ] || break; sleep 0.01; done\nrm /run/lab-listens"
    )


_STUB = """
mkdir -p /run/systemd/resolve
printf 'nameserver 127.0.0.53\\noptions edns0 trust-ad\\n' >/run/systemd/resolve/stub-resolv.conf
ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
sed -i 's/^\\(systemd-resolved.service\\) disabled enabled inactive dead/\\1 enabled enabled active running/' \
  /etc/lab/systemd/units
"""

FAULTS = (
    Fault("hostname-underscore", _HOSTNAME, "a host name with an underscore", _hostname("cp_1")),
    Fault(
        "hostname-long",
        _HOSTNAME,
        "a host name of 40 characters",
        _hostname("a123456789b123456789c123456789d123456789"),
    ),
    Fault("hostname-markup", _HOSTNAME, "a host name of markup and escape codes", _hostname("<script>\\033[31m&")),
    Fault(
        "unreadable-hostname",
        _HOSTNAME,
        "the host name cannot be read",
        unreadable("/proc/sys/kernel/hostname", "/etc/hostname") + "\n" + instead("hostname hostnamectl", "exit 1"),
        breaks=True,
    ),
    Fault("resolv-172", _RESOLVER, "a name server in 172.16", "echo 'nameserver 172.16.0.10' >/etc/resolv.conf"),
    Fault("resolv-missing", _RESOLVER, "no resolv.conf", "rm /etc/resolv.conf"),
    Fault("resolv-empty", _RESOLVER, "resolv.conf without a name server", "echo '# none' >/etc/resolv.conf"),
    Fault("resolv-stub", _RESOLVER, "systemd-resolved runs, and resolv.conf is its stub", _STUB),
    Fault(
        "unreadable-resolv-conf",
        _RESOLVER,
        "resolv.conf cannot be read",
        unreadable("/etc/resolv.conf"),
        breaks=True,
        also=("preflight.network.search-domains",),
    ),
    Fault("port-6443-taken", _PORTS, "haproxy listens on 6443 (control plane)", _listen(6443, "haproxy")),
    Fault("port-10250-taken", _PORTS, "an exporter listens on 10250", _listen(10250, "node_exporter")),
    Fault(
        "unreadable-sockets",
        _PORTS,
        "ss fails",
        instead("ss", 'echo "Cannot open netlink socket: Permission denied" >&2\nexit 255'),
        breaks=True,
    ),
)
