"""What a healthy node looks like from inside, asked over SSH."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from asking import ssh

from lab import FLAVOURS, NodeSpec
from labs import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Lab

MARK = "--- answered ---"
UBUNTU, EL8, EL7, CENTOS = "ubuntu-22.04", "rhel-8.6", "rhel-7.8", "centos-7.9"
KYLIN, ARM = "kylin-v10-sp3", "kylin-v10-sp3-aarch64"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [
        *(NodeSpec(name, name) for name in FLAVOURS),
        NodeSpec("bash", shell_program="bash"),
        NodeSpec("busybox", EL8, shell_program="busybox"),
        NodeSpec("dash", EL8, shell_program="dash"),
        NodeSpec("small", cpus=4, memory_gib=8, kernel="5.15.0-40-generic", hostname="other-name"),
    ]
    with started(specs, "flavours") as running:
        yield running


def says(lab: Lab, node: str, command: str) -> str:
    done = ssh(lab, node, command)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("flavour", "name", "identity", "version"),
    [
        (UBUNTU, "Ubuntu 22.04.1 LTS", "ubuntu", "22.04"),
        (EL8, "Red Hat Enterprise Linux 8.6 (Ootpa)", "rhel", "8.6"),
        (EL7, "Red Hat Enterprise Linux Server 7.8 (Maipo)", "rhel", "7.8"),
        ("rhel-9.6", "Red Hat Enterprise Linux 9.6 (Plow)", "rhel", "9.6"),
        ("ubuntu-20.04", "Ubuntu 20.04.5 LTS", "ubuntu", "20.04"),
        ("ubuntu-22.04-hwe", "Ubuntu 22.04.3 LTS", "ubuntu", "22.04"),
        (CENTOS, "CentOS Linux 7 (Core)", "centos", "7"),
        (KYLIN, "Kylin Linux Advanced Server V10 (Lance)", "kylin", "V10"),
        (ARM, "Kylin Linux Advanced Server V10 (Lance)", "kylin", "V10"),
        ("kylin-v10-sp2", "Kylin Linux Advanced Server V10 (Sword)", "kylin", "V10"),
        ("debian-12", "Debian GNU/Linux 12 (bookworm)", "debian", "12"),
    ],
)
def test_it_says_which_system_it_is(lab: Lab, flavour: str, name: str, identity: str, version: str) -> None:
    assert (
        says(lab, flavour, '. /etc/os-release; echo "$PRETTY_NAME|$ID|$VERSION_ID"') == f"{name}|{identity}|{version}"
    )


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_kernel_is_the_flavours_wherever_it_is_asked(lab: Lab, flavour: str) -> None:
    kernel = FLAVOURS[flavour].kernel
    command = (
        "uname -r; cat /proc/sys/kernel/osrelease; uname -sr; ls /lib/modules; cut -d' ' -f3 /proc/version; uname -n"
    )
    assert says(lab, flavour, command).splitlines() == [kernel, kernel, f"Linux {kernel}", kernel, kernel, flavour]
    assert says(lab, flavour, "uname -a").startswith(f"Linux {flavour} {kernel} #")


def test_the_package_databases_are_real(lab: Lab) -> None:
    ubuntu = says(lab, UBUNTU, "dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n'; dpkg --verify bash")
    assert {"ii  bash", "ii  openssh-server", "ii  linux-image-5.15.0-56-generic"} <= set(ubuntu.splitlines())
    for flavour, kernel in ((EL8, "kernel-core-4.18.0-372.9.1.el8"), (EL7, "kernel-3.10.0-1127.el7")):
        packages = says(lab, flavour, "rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n'").splitlines()
        assert kernel in packages
        assert len(packages) == len(FLAVOURS[flavour].packages)
        assert "package docker is not installed" in ssh(lab, flavour, "rpm -q docker").stdout


@pytest.mark.parametrize(
    ("flavour", "has", "has_not"), [(UBUNTU, "dpkg-query", "rpm"), (EL8, "rpm", "dpkg-query dpkg apt-get")]
)
def test_the_other_package_manager_is_not_there(lab: Lab, flavour: str, has: str, has_not: str) -> None:
    assert says(lab, flavour, f"command -v {has} {has_not}; true") == f"/usr/bin/{has}"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_it_is_prepared_as_the_guides_ask(lab: Lab, flavour: str) -> None:
    asked = {
        "cat /proc/swaps | wc -l": "1",
        "grep -c swap /etc/fstab; true": "0",
        "systemctl list-unit-files --type=swap --no-legend": "",
        "cat /sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]",
        "grep -lrs transparent_hugepage=never /etc/default/grub /boot /proc/cmdline | wc -l": "3",
        "ls -d /sys/module/ip_vs /sys/module/ip_vs_rr /sys/module/ip_vs_wrr /sys/module/ip_vs_sh | wc -l": "4",
        "sshd -T | grep -E '^use(dns|pam) ' | sort": "usedns no\nusepam no",
        "systemctl is-active systemd-resolved firewalld; true": "inactive\ninactive",
        "systemctl show --property=DefaultTasksMax": f"DefaultTasksMax={FLAVOURS[flavour].no_limit}",
        "grep ^DefaultTasksMax /etc/systemd/system.conf": "DefaultTasksMax=infinity",
        "grep -c ^nameserver.10.213 /etc/resolv.conf; grep -c search /etc/resolv.conf; true": "1\n0",
        "date +%Z; readlink -f /etc/localtime | sed 's/.*zoneinfo.//'": "UTC\nEtc/UTC",
        "ss -Hlntu | sed 's/.*:22 .*/22/' | sort -u": "22",
        "getent ahostsv4 localhost | head -n 1 | cut -d' ' -f1": "127.0.0.1",
        "grep -c ^processor /proc/cpuinfo; cat /sys/devices/system/cpu/online": "32\n0-31" if flavour == ARM else "16\n0-15",
        "ls /sys/class/net": "eth0\nlo",
        "ls /sys/fs/selinux 2>/dev/null; cat /sys/module/apparmor/parameters/enabled 2>/dev/null; true": "N" if "ubuntu" in flavour else "",
        "sed -n s/^SELINUX=//p /etc/selinux/config 2>/dev/null; true": "disabled" if FLAVOURS[flavour].manager == "rpm" else "",
        "! command -v getenforce >/dev/null || getenforce": "Disabled" if FLAVOURS[flavour].manager == "rpm" else "",
        "nft list ruleset": "",
        "for c in ip ss tar swapoff modprobe sysctl md5sum scp sftp; do command -v $c >/dev/null || echo $c; done": "",
    }  # fmt: skip
    # One session for all of them, which takes a fraction of the time.
    answers = says(lab, flavour, "".join(f"{command}\necho {MARK}\n" for command in asked)).split(MARK)
    assert dict(zip(asked, map(str.strip, answers), strict=False)) == asked


def test_memory_is_slightly_less_than_was_built_in(lab: Lab) -> None:
    total = int(says(lab, UBUNTU, "awk '/^MemTotal:/ {print $2}' /proc/meminfo"))
    assert 30 * 2**20 < total < 32 * 2**20


def test_only_the_old_kernel_has_the_modules_of_old_kernels(lab: Lab) -> None:
    loaded = {flavour: says(lab, flavour, "ls /sys/module").split() for flavour in FLAVOURS}
    assert [flavour for flavour, modules in loaded.items() if "nf_conntrack_ipv4" in modules] == [EL7, CENTOS]


def test_a_node_is_in_its_own_network_with_a_default_route(lab: Lab) -> None:
    node = lab.nodes[UBUNTU]
    assert json.loads(says(lab, UBUNTU, "ip -json -4 address show eth0"))[0]["addr_info"][0]["local"] == node.address
    assert says(lab, UBUNTU, "ip route show default") == f"default via {lab.prefix}.1 dev eth0"


def test_each_node_has_an_identity_of_its_own(lab: Lab) -> None:
    command = "cat /etc/machine-id /sys/class/dmi/id/product_uuid /sys/class/net/eth0/address /etc/ssh/ssh_host_ed25519_key.pub"
    identities = [says(lab, node, command).splitlines() for node in lab.nodes]
    assert all(re.fullmatch("[0-9a-f]{32}", identity[0]) for identity in identities)
    assert len({value for identity in identities for value in identity}) == 4 * len(lab.nodes)


@pytest.mark.parametrize(
    ("node", "shell"), [(UBUNTU, "dash"), (EL8, "bash"), ("bash", "bash"), ("busybox", "busybox"), ("dash", "dash")]
)
def test_the_shell_is_the_one_that_is_wanted(lab: Lab, node: str, shell: str) -> None:
    assert says(lab, node, "sh -c 'readlink -f /proc/$$/exe; true'") == f"/usr/bin/{shell}"
    assert ("BusyBox" in ssh(lab, node, "date --help 2>&1").stdout) is (shell == "busybox")
    assert says(lab, node, "uname -r") == lab.nodes[node].spec.system.kernel


def test_a_node_can_be_another_machine_than_the_usual(lab: Lab) -> None:
    command = (
        "hostname; uname -r; grep -c ^processor /proc/cpuinfo; ls -d /sys/devices/system/cpu/cpu[0-9]* | wc -l; "
        "awk '/^MemTotal:/ {print int($2 / 1024 / 1024)}' /proc/meminfo"
    )
    assert says(lab, "small", command).splitlines() == ["other-name", "5.15.0-40-generic", "4", "4", "7"]


@pytest.mark.parametrize(
    ("command", "said", "status"),
    [
        ("systemctl is-active ssh.service", "active", 0),
        ("systemctl is-active ssh", "active", 0),
        ("systemctl is-active kubelet", "inactive", 3),
        ("systemctl is-enabled ssh", "enabled", 0),
        ("systemctl is-enabled systemd-resolved", "disabled", 1),
        ("systemctl is-enabled kubelet 2>&1", "Failed to get unit file state for kubelet.service: No such file or directory", 1),
        ("systemctl show -p DefaultTasksMax --value", "infinity", 0),
        ("systemctl show -p LoadState -p ActiveState ssh", "LoadState=loaded\nActiveState=active", 0),
        ("systemctl show --property=LoadState,ActiveState kubelet", "LoadState=not-found\nActiveState=inactive", 0),
        ("systemctl list-units --type=swap --all --plain --no-legend", "", 0),
        ("systemctl restart ssh 2>&1", "systemctl of the lab: does not know restart", 1),
    ],
)  # fmt: skip
def test_systemctl_answers_as_the_real_one(lab: Lab, command: str, said: str, status: int) -> None:
    done = ssh(lab, UBUNTU, command)
    assert (done.stdout.strip(), done.returncode) == (said, status)


def test_what_a_node_does_to_its_kernel_does_not_reach_this_machine(lab: Lab) -> None:
    for command in (
        "echo 1 >/proc/sys/vm/drop_caches",
        "date -s 2001-01-01",
        "ls /dev/vda /dev/sda",
        "sysctl -w kernel.panic=9",
    ):
        assert ssh(lab, UBUNTU, command).returncode != 0
    assert ssh(lab, UBUNTU, "sysctl -w net.ipv4.ip_forward=1").returncode == 0
