"""What each fault changes: a command on its node, and what it says before the fault is seeded and after."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from asking import said, ssh

from lab import FAULTS, LabError, NodeSpec
from labs import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Lab

UBUNTU, EL8, EL7 = "ubuntu-22.04", "rhel-8.6", "rhel-7.8"
IO_ERROR = r"Input/output error[\s\S]*\[1\]$"
DPKG, RPM = (
    "dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' 'docker*' podman containerd golang* 2>/dev/null",
    "rpm -qa",
)


APPARMOR = "cat /sys/module/apparmor/parameters/enabled"
TASKS = "systemctl show --property=DefaultTasksMax"
IPV6 = "ip -o -6 address show dev eth0 scope global; ip -6 route show default"
SCALING = "/sys/devices/system/cpu/cpu3/cpufreq"
KEY = "cat /etc/kubernetes/encryption-provider.conf"
DD = "dd if=/dev/zero of=/tmp/written"


class Case(NamedTuple):
    """A fault, and where it shows."""

    fault: str
    command: str
    before: str
    after: str
    flavour: str = UBUNTU
    shell: str | None = None

    @property
    def node(self) -> str:
        """The node that has it: each case has one of its own."""
        return f"{self.fault}-{self.flavour}-{self.shell or ''}".rstrip("-")


def boot(flavour: str) -> Case:
    command = "cat /etc/default/grub $(find /boot -name grub.cfg -o -name '*.conf') | grep -c hugepage=never"
    # Ubuntu has a second entry, in a menu below the first.
    return Case("thp-boot-missing", command, r"^[23]\n", r"^0\n", flavour)


CASES = [
    Case("swap-on", "cat /proc/swaps", r"Priority\n\[0\]", r"\n/dev/dm-1 +partition\t4194300"),
    Case("swap-in-fstab", "cat /etc/fstab", r"^(?![\s\S]*swap)", r"none swap defaults"),
    Case("swap-unit", "systemctl list-unit-files --type=swap", r"^\[0\]", r"dev-sdb1.swap +enabled"),
    Case("zram-swap", "cat /etc/systemd/zram-generator.conf", "No such file", r"\[zram0\]"),
    Case("unreadable-swaps", "cat /proc/swaps", "Filename", IO_ERROR),
    *(boot(flavour) for flavour in (UBUNTU, EL8, EL7, "centos-7.9", "kylin-v10-sp3")),
    Case("thp-in-force-always", "cat /sys/kernel/mm/transparent_hugepage/enabled", r"\[never\]", r"\[always\] madvise never"),
    Case("unreadable-thp", "cat /sys/kernel/mm/transparent_hugepage/enabled", "never", IO_ERROR),
    Case("ipvs-missing", "ls /sys/module", r"\nip_vs_sh\n", r"ip_vs_rr\nip_vs_wrr\n"),
    Case("unreadable-modules", "ls /sys/module", r"\[0\]$", r"Invalid argument\n\[2\]$"),
    Case("conntrack-missing", "ls /sys/module", r"\nnf_conntrack_ipv4\n", r"nf_conntrack\nnf_conntrack_ipv6\n", EL7),
    Case("os-unsupported", "cat /etc/os-release /etc/lsb-release", "22.04", r"^(?=[\s\S]*24\.04)(?![\s\S]*22\.04)"),
    Case("os-unsupported", "cat /etc/os-release /etc/redhat-release", "8.6", r"^(?=[\s\S]*8\.7)(?![\s\S]*8\.6)", EL8),
    Case("unreadable-os-release-junk", "cat /etc/os-release", "^PRETTY_NAME", "^(?![\\s\\S]*PRETTY_NAME)"),
    Case("unreadable-os-release-oversized", "cat /etc/os-release | wc -c", r"^\d{3}\n", r"^8000\d{3}\n"),
    Case("unreadable-os-release-missing", "cat /etc/os-release", "^PRETTY_NAME", "No such file"),
    Case("kernel-unsupported", "uname -r; cut -c-22 /proc/version", r"^5\.15\.0-56-", r"^5\.15\.99-56-generic\nLinux version 5\.15\.9"),
    Case("kernel-old-build", "uname -r", r"^5\.15\.0-56-", r"^5\.15\.0-2-generic\n"),
    Case("unreadable-kernel", "cat /proc/sys/kernel/osrelease; uname -r", "5.15", IO_ERROR),
    Case("hostname-underscore", "hostname", r"^hostname-underscore", r"^cp_1\n"),
    Case("hostname-long", "hostname | tr -d '\\n' | wc -c", r"^26\n", r"^40\n"),
    Case("hostname-markup", "cat /proc/sys/kernel/hostname", "^hostname", "^<script>\x1b\\[31m&\n"),
    Case("unreadable-hostname", "cat /proc/sys/kernel/hostname; hostname", "^unreadable", IO_ERROR),
    Case("resolv-172", "cat /etc/resolv.conf", r"^nameserver 10\.213", r"^nameserver 172\.16\.0\.10\n"),
    Case("resolv-missing", "cat /etc/resolv.conf", "nameserver", "No such file"),
    Case("resolv-empty", "cat /etc/resolv.conf", "nameserver", r"^# none\n\[0\]"),
    Case("resolv-stub", "systemctl is-active systemd-resolved; cat /etc/resolv.conf", "^inactive", r"^active\nnameserver 127\.0\.0\.53"),
    Case("unreadable-resolv-conf", "cat /etc/resolv.conf", "nameserver", IO_ERROR),
    Case("port-6443-taken", "ss -Hlntp 'sport = 6443'", r"^\[0\]", r'0\.0\.0\.0:6443 .*"haproxy"'),
    Case("port-10250-taken", "ss -Hlntp 'sport = 10250'", r"^\[0\]", r'0\.0\.0\.0:10250 .*"node_exporter"', EL8),
    Case("unreadable-sockets", "ss -lnt", r":22 ", r"Permission denied\n\[255\]"),
    Case("package-podman", RPM, r"^(?![\s\S]*podman)", r"(^|\n)podman-4\.0\.2-6\.", EL8),
    Case("package-docker-ce", DPKG, r"^\[", r"^ii  docker-ce\n"),
    Case("package-docker-ce", RPM, r"^(?![\s\S]*docker)", r"(^|\n)docker-ce-24", EL8),
    Case("package-containerd", DPKG, r"^\[", r"^ii  containerd\n"),
    Case("package-removed-config", DPKG, r"^\[", r"^rc  docker.io\n"),
    Case("package-lookalike", DPKG, r"^\[", r"^ii  golang-docker.io-tools\n"),
    Case("package-lookalike", RPM, r"^(?![\s\S]*docker)", r"golang-docker.io-tools-1.0", EL8),
    Case("unreadable-packages", "dpkg-query -W", r"\[0\]$", r"parsing file [\s\S]*\[2\]$"),
    Case("unreadable-packages", RPM, r"\[0\]$", r"error: [\s\S]*\[1\]$", EL8),
    Case("sshd-use-pam", "sshd -T | grep -i usepam", "usepam no", "usepam yes"),
    Case("sshd-use-dns", "sshd -T | grep -i usedns", "usedns no", "usedns yes", EL8),
    Case("unreadable-sshd", "sshd -T; cat /etc/ssh/sshd_config", "usepam no", f"cannot be asked[\\s\\S]*{IO_ERROR}"),
    Case("cpu-4", "grep -c ^processor /proc/cpuinfo; cat /sys/devices/system/cpu/online", r"^16\n0-15", r"^4\n0-3\n"),
    Case("unreadable-cpuinfo", "cat /proc/cpuinfo", "processor", IO_ERROR),
    Case("memory-8", "grep MemTotal /proc/meminfo", r" 32\d{6} kB", r" 8136966 kB"),
    Case("unreadable-meminfo", "cat /proc/meminfo", "MemTotal", IO_ERROR),
    Case("hostname-duplicate", "uname -n", r"^hostname", r"^first\n"),
    Case("machine-id-duplicate", "cmp /etc/machine-id /usr/lib/lab/first/machine-id", r"differ[\s\S]*\[1\]", r"^\[0\]"),
    Case("machine-id-cloned", "cat /etc/machine-id", r"^(?!0123456789)", "^0123456789abcdef0123456789abcdef\n"),
    Case("unreadable-identity", "cat /etc/machine-id; cat /sys/class/dmi/id/product_uuid", r"\[0\]", IO_ERROR),
    *(
        # A second may begin between the two.
        Case(f"clock-ahead-{ahead}", "echo $(($(date +%s) - $(perl -e 'print time')))", r"^(-1|0)\n", rf"^({ahead - 1}|{ahead}|{ahead + 1})\n", UBUNTU, shell)
        for ahead in (60, 3)
        for shell in (None, "busybox")
    ),
    Case("unreadable-clock", "date", r"UTC", r"^\[1\]"),
    Case("ssh-closed", "ss -Hlnt", ":22 ", r"^\[0\]"),
    Case("node-dead", "ss -Hlnt; nft list ruleset", ":22 ", r"^table inet lab {[\s\S]*policy drop"),
    Case("wrong-host-key", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", r"lab \(ED25519\)", r"root@wrong-host-key.* \(ED25519\)"),
    Case("key-refused", "cat /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys | wc -l", r"^7\n", r"^0\n"),
    Case("hung-packages", "timeout -s KILL 1 rpm -qa >/dev/null", r"\[0\]$", r"\[137\]$", EL8),
    Case("hung-packages", "timeout -s KILL 1 dpkg-query -W >/dev/null", r"\[0\]$", r"\[137\]$"),
    Case("flood", "rpm -qa | wc -c", r"^\d{3}\n", r"^20000000\n", EL8),
    Case("flood", "dpkg-query -W | wc -c", r"^\d{4}\n", r"^20000000\n"),
    Case("binary-junk", "snap list | wc -c; snap list | head -c 6 | od -An -c", "not found", r"^20019\n[ ]+\\0 033 +\[ +3 +1 +m"),
    Case("banner", "cat /etc/motd", r"^\[0\]", r"^Authorised use only"),
    Case("no-sudo", "command -v sudo", r"^/usr/bin/sudo", r"^\[127?\]"),
    Case("link-100", "cat /sys/class/net/eth0/speed", r"^10000\n", r"^100\n"),
    Case("link-unknown", "cat /sys/class/net/eth0/speed", r"^10000\n", r"^-1\n", EL8),
    Case("path-slow", "tc qdisc show dev eth0", r"^(?![\s\S]*tbf)", r"tbf .*rate 20Mbit"),
    Case("no-python", "command -v python3; command -v perl", "^/usr/bin/python3", "^/usr/bin/perl"),
    Case("no-peer-program", "command -v python3; command -v perl", "^/usr/bin/python3", r"^\[1(27)?\]", EL8),
    Case("kubelet-runs", "cat /proc/[0-9]*/comm | grep -x kubelet", r"^\[1\]", r"^kubelet\n"),
    Case("disk-fast", f"{DD} bs=8k count=1 seek=3 conv=notrunc,fdatasync 2>&1", "copied", "copied, 0.0005 s,", EL8),
    Case("disk-slow", f"{DD} bs=1M count=32 oflag=direct 2>&1", "copied", "copied, 0.21 s,"),
    Case("disk-few-iops", f"{DD} bs=4k count=16 2>&1", "copied", "copied, 5.12 s,", EL8),
    Case("disk-indirect", f"{DD} bs=4k count=1 oflag=direct", r"\[0\]$", r"\[1\]$"),
    Case("sync-slow", f"{DD} bs=8k count=1 seek=3 conv=notrunc,fdatasync 2>&1", "copied", "copied, 0.020512 s,"),
    Case("sync-silent", f"{DD} bs=8k count=1 2>&1", "copied", r"^\[0\]"),
    Case("unreadable-old-modules", "ls /sys/module", r"\[0\]$", r"Invalid argument\n\[2\]$", EL7),
    Case("ipvs-not-at-boot", "cat /etc/modules-load.d/acp.conf", r"\nip_vs_sh\n", r"^(?![\s\S]*ip_vs_sh)"),
    Case("conntrack-not-at-boot", "cat /etc/modules-load.d/acp.conf", r"_ipv4\n", r"^(?![\s\S]*_ipv4)", EL7),
    Case("ovn-missing", "ls /sys/module", r"\ngeneve\n", r"^(?![\s\S]*geneve)"),
    Case("ovn-not-at-boot", "cat /etc/modules-load.d/acp.conf", r"\nopenvswitch\n", r"^(?![\s\S]*openvswitch)"),
    Case("ipip-refused", "grep -hr ipip /etc/modprobe.d", r"\[[12]\]$", "^install ipip"),
    Case("unreadable-ipip", "ls /sys/module", r"\[0\]$", r"\[2\]$"),
    Case("no-vxlan-ipv6", IPV6, r"^\[0\]", r"2001:db8::\d+/64[\s\S]*default dev eth0", EL7),
    Case("unreadable-vxlan-ipv6", "cat /etc/os-release", "^PRETTY", "No such file"),
    Case("nokmem-missing", "grep -r nokmem /etc/default/grub /boot/efi", "nokmem", r"^\[1\]", "centos-7.9"),
    Case("unreadable-boot", "cat /etc/default/grub", "nokmem", IO_ERROR, "centos-7.9"),
    Case("selinux-enforcing", "getenforce", "^Disabled", "^Enforcing", EL8),
    Case("selinux-at-boot", "grep ^SELINUX= /etc/selinux/config", "=disabled", "=permissive", EL8),
    Case("unreadable-selinux", "getenforce", r"\[0\]$", r"\[1\]$", EL8),
    Case("apparmor-on", APPARMOR, "^N", "^Y"),
    Case("apparmor-at-boot", "systemctl is-enabled apparmor; grep apparmor /boot/grub/grub.cfg", "^masked.*", r"^enabled\n\[1\]"),
    Case("unreadable-apparmor", APPARMOR, "^N", IO_ERROR),
    Case("firewalld-active", "systemctl is-active firewalld", "^inactive", "^active", EL8),
    Case("ufw-at-boot", "systemctl is-enabled ufw", "^disabled", "^enabled"),
    Case("filter-rule", "nft list ruleset", r"^\[0\]", "tcp dport 9 drop"),
    Case("unreadable-rules", "nft list ruleset", r"^\[0\]", r"^\[1\]"),
    Case("unreadable-services", "systemctl is-active sshd", "^active", r"^\[1\]"),
    Case("localhost-elsewhere", "cat /etc/hosts", r"^127\.0\.0\.1 localhost", r"^127\.0\.1\.1 localhost"),
    Case("localhost-missing", "cat /etc/hosts", r"^127\.0\.0\.1 localhost", r"^::1 localhost"),
    Case("unreadable-hosts", "wc -c </etc/hosts", r"^\d{4,5}\n", r"^50\d{5}\n"),
    Case("search-domain", "grep search /etc/resolv.conf", r"^\[1\]", "^search lab.example"),
    Case("search-domains-29", "grep search /etc/resolv.conf | wc -w", "^0", "^30"),
    Case("address-translated", "ip -o -4 address show dev eth0; ip route", r" inet 10\.", r"^default via 10\.[\s\S]*src 10\."),
    Case("unreadable-addresses", "ip address", r"\[0\]$", r"^\[1\]"),
    Case("no-default-route", "ip route show default", "^default", r"^\[0\]"),
    Case("reserved-address", "ip -o address", r"^(?![\s\S]* 172\.18)", r" 172\.18\.0\.1/24"),
    Case("reserved-route", "ip route", r"^(?![\s\S]*172\.17)", r"172\.17\.0\.0/16 dev eth0"),
    Case("ipv6", IPV6, r"^\[0\]", r"2001:db8::\d+/64[\s\S]*default dev eth0"),
    Case("no-ipv6-address", IPV6, r"^\[0\]", r"^default dev eth0"),
    Case("unreadable-ipv6-addresses", "ip address", r"\[0\]$", r"^\[1\]"),
    Case("kernel-not-owned", "dpkg-query -W 'linux-image-5*'", r"\[0\]$", r"\[1\]$"),
    Case("kernel-not-owned-rpm", "rpm -q kernel kernel-core", r"\[0\]$", r"\[2\]$", EL8),
    Case("lvm-missing", "rpm -q lvm2", r"\[0\]$", r"\[1\]$", EL8),
    Case("unreadable-lvm", RPM, r"\[0\]$", r"error: [\s\S]*\[1\]$", EL8),
    Case("binary-nerdctl", "ls /usr/local/bin/nerdctl", "No such file", "^/usr"),
    Case("binary-plugin", "ls /opt/cni/bin", "No such file", "^bridge"),
    Case("unreadable-folders", "ls /opt/cni/bin", "No such file", "Invalid argument"),
    Case("tool-missing", "command -v md5sum", "^/usr", r"^\[(1|127)\]"),
    Case("no-copying", "command -v scp || command -v sftp", "^/usr", r"^\[(1|127)\]"),
    Case("kubelet-unit", "ls /etc/systemd/system/kubelet.service", "No such file", "^/etc"),
    Case("left-docker", "ls /var/lib/docker", "No such file", "^overlay2"),
    Case("left-containerd", "ls /var/lib/containerd", r"^\[0\]", "^io.containerd"),
    Case("kubernetes-process", "cat /proc/[0-9]*/comm | grep -x kubelet", r"^\[1\]", r"^kubelet\n"),
    Case("kubernetes-manifests", "ls /etc/kubernetes/manifests", "No such file", "^etcd.yaml"),
    Case("tasks-limited", TASKS, r"=(infinity|\d{20})\n", "=15000\n"),
    Case("tasks-limited-high", TASKS, "=infinity\n", "=4194304\n"),
    Case("unreadable-tasks", TASKS, "=infinity\n", r"^\[0\]"),
    Case("timezone-other", "date +%z", r"^\+0000", r"^\+0800"),
    Case("unreadable-timezone", "date '+%Z %z'; ls /etc/localtime", r"^UTC", "No such file"),
    Case("cpu-other", "grep -c 0xd0c /proc/cpuinfo", "^0", "^32", "kylin-v10-sp3-aarch64"),
    Case("unreadable-cpu-model", "cat /proc/cpuinfo", "0xd01", IO_ERROR, "kylin-v10-sp3-aarch64"),
    Case("cpu-slow", f"cat {SCALING}/base_frequency", "^2600000", "^2100000"),
    Case("unreadable-cpu-clock", f"cat {SCALING}/base_frequency; grep -c GHz /proc/cpuinfo", "^2600000", r"^0\n[\s\S]*No such file"),
    Case("cpu-saving", f"cat {SCALING}/scaling_governor", "^performance", "^powersave"),
    Case("unreadable-governors", f"cat {SCALING}/scaling_governor", "^performance", IO_ERROR),
    Case("cpu-stolen", "head -n 1 /proc/stat", r" 0 0 0\n", r" 100000 0 0\n"),
    Case("unreadable-stat", "cat /proc/stat", "^cpu", IO_ERROR),
    Case("memory-ballooned", "grep balloon_inflate /proc/vmstat", " 0\n", " 262144\n"),
    Case("unreadable-balloon", "grep ^balloon /proc/vmstat", "^balloon", r"^\[1\]"),
    Case("disk-small", "df -k /cpaas | tail -n 1", r" 314572800 ", r" 20971520 "),
    Case("disk-full", "df -P -k / | tail -n 1", r"root +629145600 +\d+ ", r"root 629145600 534773760 "),
    Case("unreadable-disks", "df -P /", r"\[0\]$", r"^\[1\]"),
    Case("package-space-50", "df -k /root/cpaas-install | tail -n 1", "No such file", " 52428800 "),
    Case("unreadable-package-space", "df -P /", r"\[0\]$", r"^\[1\]"),
    Case("disk-rotates", "lsblk -dno ROTA /dev/sda", "0", "1"),
    Case("no-lsblk", "command -v lsblk", "^/usr", r"^\[(1|127)\]"),
    Case("etcd-on-root", "df -P /var/lib/etcd", "nvme0n1", "-root"),
    Case("tmp-noexec", "grep ' /tmp ' /proc/self/mounts", r"^\[1\]", "noexec"),
    Case("unreadable-mounts", "head -c 10 /proc/self/mounts", r"\[0\]$", r"^\[1\]"),
    Case("encryption-key", KEY, "No such file", "^kind: EncryptionConfiguration"),
    Case("encryption-key-missing", KEY, "No such file", "No such file"),
    Case("encryption-key-other", KEY, "No such file", "^kind: Other"),
    Case("encryption-key-public", f"stat -c %a {KEY[4:]}", r"\[1\]$", "^644"),
    Case("unreadable-encryption-key", "sha256sum /etc/hostname", r"\[0\]$", r"^\[1\]"),
    Case("slow-shell", "cat /etc/ssh/sshrc", "No such file", "sleep 3"),
]  # fmt: skip
OVER_SSH = {"dies-midway"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [NodeSpec("first"), *(NodeSpec(case.node, case.flavour, shell_program=case.shell) for case in CASES)]
    with started(specs, "faults") as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.node)
def test_a_fault_changes_what_the_node_says(lab: Lab, case: Case) -> None:
    node = lab.nodes[case.node]
    assert re.search(case.before, said(node, case.command))
    lab.apply(case.node, case.fault)
    assert re.search(case.after, said(node, case.command))


def test_every_fault_is_tried() -> None:
    assert {case.fault for case in CASES} | OVER_SSH == set(FAULTS)


def test_faults_are_seeded_before_the_lab_is_handed_over() -> None:
    faults = ("swap-on", "hostname-underscore", "sshd-use-pam", "banner")
    with started([NodeSpec("a", faults=faults)], "seeded") as lab:
        done = ssh(lab, "a", "hostname; wc -l </proc/swaps")
        assert (done.stdout, done.returncode) == ("cp_1\n2\n", 0)
        assert "Authorised use only" in done.stderr


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("ssh-closed", "Connection refused"),
        ("node-dead", "timed out"),
        ("wrong-host-key", "HOST IDENTIFICATION HAS CHANGED"),
        ("key-refused", "Permission denied"),
        ("dies-midway", "timed out|not responding"),
    ],
)
def test_a_node_is_not_reached_for_the_reason_that_is_seeded(fault: str, said: str) -> None:
    patience = ("-o", "ConnectTimeout=2", "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2")
    with started([NodeSpec("a", faults=(fault,)), NodeSpec("b")], "reaching") as lab:
        done = ssh(lab, "a", "echo begun; uname; sleep 10", *patience)
        assert done.returncode == 255
        assert re.search(said, done.stderr)
        assert ("begun" in done.stdout) is (fault == "dies-midway")
        if fault == "dies-midway":
            assert "sshd" not in lab.nodes["a"].run("ps ax -o comm").stdout
        assert ssh(lab, "b", "true").returncode == 0


def test_a_slow_shell_is_slow_at_each_login() -> None:
    with started([NodeSpec("a", faults=("slow-shell",))], "slow") as lab:
        began = time.monotonic()
        assert ssh(lab, "a", "echo here").stdout == "here\n"
        assert time.monotonic() - began > 3


@pytest.mark.parametrize(
    "fault", ["sshd-use-pam", "sshd-use-dns", "unreadable-sshd", "banner", "resolv-stub", "no-sudo"]
)
def test_a_node_is_still_reached_where_the_fault_is_another(fault: str) -> None:
    with started([NodeSpec("a", faults=(fault,)), NodeSpec("b", "rhel-8.6", faults=(fault,))], "reached") as lab:
        for target in ("a", "b", "acp@a", "acp@b"):
            assert ssh(lab, target, "true").returncode == 0


def test_faults_that_cannot_be_are_refused() -> None:
    with started([NodeSpec("a")], "refusing") as lab:
        for fault, why in (
            ("nonsense", "there is no fault nonsense"),
            ("package-podman", "is for rhel-8.6, rhel-7.8, and a is ubuntu-22.04"),
            ("hostname-duplicate", "this is the first node"),
        ):
            with pytest.raises(LabError, match=why):
                lab.apply("a", fault)
