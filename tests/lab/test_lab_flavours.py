"""What a healthy node looks like from inside, asked over SSH."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from asking import ssh

from lab import FLAVOURS, ROOT_ONLY, Disks, NodeSpec, Volume
from labs import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Lab

MARK = "--- answered ---"
UBUNTU, EL8, EL7, CENTOS = "ubuntu-22.04", "rhel-8.6", "rhel-7.8", "centos-7.9"
KYLIN, ARM = "kylin-v10-sp3", "kylin-v10-sp3-aarch64"
SLOW = Disks((Volume("/", 50), Volume("/var/lib/etcd", 20, "sdb")), rotational=("sda", "sdb"))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [
        *(NodeSpec(name, name) for name in FLAVOURS),
        NodeSpec("bash", shell_program="bash"),
        NodeSpec("busybox", EL8, shell_program="busybox"),
        NodeSpec("dash", EL8, shell_program="dash"),
        NodeSpec("worker", EL8, roles=("worker",)),
        NodeSpec("all-on-root", disks=ROOT_ONLY),
        NodeSpec("slow", EL8, disks=SLOW),
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


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_machine_is_the_flavours_wherever_programs_ask(lab: Lab, flavour: str) -> None:
    machine = FLAVOURS[flavour].machine
    assert machine == ("aarch64" if flavour == ARM else "x86_64")
    assert says(lab, flavour, "uname -m; uname --machine; arch").splitlines() == [machine] * 3
    assert f" {machine}" in says(lab, flavour, "uname -a")
    kernel = FLAVOURS[flavour].kernel
    assert kernel.endswith(f".{machine}") is (FLAVOURS[flavour].manager == "rpm")


def test_kunpeng_shows_numbers_and_no_name(lab: Lab) -> None:
    told = says(lab, ARM, "grep -E 'model name|implementer|CPU part' /proc/cpuinfo | sort -u")
    assert told.splitlines() == ["CPU implementer\t: 0x48", "CPU part\t: 0xd01"]
    assert "model name\t: Intel(R) Xeon(R) Gold 6348 CPU @ 2.60GHz" in says(lab, KYLIN, "cat /proc/cpuinfo")


def test_a_newer_kernel_of_ubuntu_comes_with_its_own_packages(lab: Lab) -> None:
    packages = says(lab, "ubuntu-22.04-hwe", "dpkg-query -W -f '${Package}\\n' 'linux-image-*'").splitlines()
    assert packages == ["linux-image-6.5.0-14-generic", "linux-image-generic-hwe-22.04"]


def test_service_packs_and_minor_releases_are_told_where_each_system_tells_them(lab: Lab) -> None:
    assert says(lab, CENTOS, "cat /etc/centos-release") == "CentOS Linux release 7.9.2009 (Core)"
    assert says(lab, KYLIN, "tail -n 1 /etc/.productinfo").startswith("release V10 (SP3) /(Lance)-x86_64-")
    assert says(lab, ARM, "tail -n 1 /etc/.productinfo").startswith("release V10 (SP3) /(Lance)-aarch64-")
    assert says(lab, "kylin-v10-sp2", "cat /etc/kylin-release").endswith("release V10 (Sword)")


@pytest.mark.parametrize(
    ("flavour", "files"),
    [
        (UBUNTU, ["/boot/grub/grub.cfg"]),
        ("debian-12", ["/boot/grub/grub.cfg"]),
        (EL7, ["/boot/grub2/grub.cfg"]),
        (EL8, ["/boot/loader/entries/0123456789abcdef0123456789abcdef-4.18.0-372.9.1.el8.x86_64.conf"]),
        (CENTOS, ["/boot/efi/EFI/centos/grub.cfg"]),
        (KYLIN, ["/boot/efi/EFI/kylin/grub.cfg"]),
        (ARM, ["/boot/efi/EFI/kylin/grub.cfg"]),
    ],
)
def test_the_boot_configuration_is_where_the_system_has_it(lab: Lab, flavour: str, files: list[str]) -> None:
    assert says(lab, flavour, "grep -lr 'root=.*transparent_hugepage=never' /boot").splitlines() == files
    kernel = FLAVOURS[flavour].kernel
    assert says(lab, flavour, f"grep -c vmlinuz-{kernel} {files[0]}") != "0"


def test_only_centos_switches_off_the_accounting_of_kernel_memory(lab: Lab) -> None:
    told = {name: "cgroup.memory=nokmem" in says(lab, name, "cat /proc/cmdline") for name in FLAVOURS}
    assert [name for name, nokmem in told.items() if nokmem] == [CENTOS]
    assert says(lab, CENTOS, "grep -c cgroup.memory=nokmem /etc/default/grub") == "1"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_modules_are_loaded_at_boot_and_further_ones_could_be(lab: Lab, flavour: str) -> None:
    kernel = FLAVOURS[flavour].kernel
    at_boot = says(lab, flavour, "grep -v '^#' /etc/modules-load.d/acp.conf").splitlines()
    assert {"ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "geneve", "openvswitch"} <= set(at_boot)
    assert ("nf_conntrack_ipv4" in at_boot) is kernel.startswith("3.")
    assert set(at_boot) <= set(says(lab, flavour, "ls /sys/module").split())
    assert says(lab, flavour, f"grep -c '/ipip.ko' /lib/modules/{kernel}/modules.dep") == "1"
    assert "ipip" not in says(lab, flavour, "ls /sys/module").split()


@pytest.mark.parametrize(
    ("flavour", "firewalls"),
    [
        (UBUNTU, ["nftables", "ufw"]),
        ("debian-12", ["nftables"]),
        (EL7, ["firewalld"]),
        (EL8, ["firewalld", "nftables"]),
        (CENTOS, ["firewalld"]),
        (KYLIN, ["firewalld", "nftables", "iptables", "ip6tables"]),
    ],
)
def test_firewalls_are_installed_as_the_system_has_them_and_off(lab: Lab, flavour: str, firewalls: list[str]) -> None:
    names = "firewalld nftables ufw iptables ip6tables"
    properties = "-p Id,LoadState,ActiveState,UnitFileState"
    answers = [
        dict(line.split("=") for line in answer.splitlines())
        for answer in says(lab, flavour, f"systemctl show {properties} {names}").split("\n\n")
    ]
    assert [answer["Id"] for answer in answers] == [f"{name}.service" for name in names.split()]
    installed = {name.split(".")[0]: answer for name, answer in zip(names.split(), answers, strict=True)}
    assert {name for name, answer in installed.items() if answer["LoadState"] == "loaded"} == set(firewalls)
    assert {answer["ActiveState"] for answer in answers} == {"inactive"}
    assert {installed[name]["UnitFileState"] for name in firewalls} == {"disabled"}


DISKS = "lsblk -P -o KNAME,PKNAME,TYPE,ROTA,SIZE"
SIZES = "df -BG --output=source,size,target / /var/lib/etcd /var/lib/containerd /cpaas | tail -n +2"


def test_real_programs_see_the_usual_disks(lab: Lab) -> None:
    assert says(lab, EL8, DISKS).splitlines() == [
        'KNAME="sda" PKNAME="" TYPE="disk" ROTA="0" SIZE="1.1T"',
        'KNAME="sda1" PKNAME="sda" TYPE="part" ROTA="0" SIZE="1G"',
        'KNAME="sda2" PKNAME="sda" TYPE="part" ROTA="0" SIZE="1G"',
        'KNAME="sda3" PKNAME="sda" TYPE="part" ROTA="0" SIZE="1.1T"',
        'KNAME="dm-0" PKNAME="sda3" TYPE="lvm" ROTA="0" SIZE="600G"',
        'KNAME="dm-1" PKNAME="sda3" TYPE="lvm" ROTA="0" SIZE="200G"',
        'KNAME="dm-2" PKNAME="sda3" TYPE="lvm" ROTA="0" SIZE="300G"',
        'KNAME="nvme0n1" PKNAME="" TYPE="disk" ROTA="0" SIZE="100G"',
    ]
    assert [line.split() for line in says(lab, EL8, SIZES).splitlines()] == [
        ["/dev/mapper/rhel-root", "600G", "/"],
        ["/dev/nvme0n1", "100G", "/var/lib/etcd"],
        ["/dev/mapper/rhel-containerd", "200G", "/var/lib/containerd"],
        ["/dev/mapper/rhel-cpaas", "300G", "/cpaas"],
    ]
    assert int(says(lab, EL8, "df --output=pcent / | tr -dc 0-9")) < 5


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_root_lies_on_a_disk_that_can_be_found(lab: Lab, flavour: str) -> None:
    source = says(lab, flavour, "findmnt -n -o SOURCE /")
    group = FLAVOURS[flavour].volume_group
    assert source == (f"/dev/mapper/{group}-root" if group else "/dev/sda2")
    down = says(lab, flavour, f"lsblk -s -n -l -o KNAME,ROTA {source}").split()
    assert down == (["dm-0", "0", "sda3", "0", "sda", "0"] if group else ["sda2", "0", "sda", "0"])
    assert says(lab, flavour, "awk '$2 == \"/\" {print $1}' /etc/fstab") == source


def test_disks_can_be_others(lab: Lab) -> None:
    assert "/var/lib/etcd" not in says(lab, "worker", "cut -d' ' -f2 /proc/mounts").splitlines()
    assert "nvme0n1" not in says(lab, "worker", "ls /sys/block").split()
    root = "/dev/mapper/ubuntu--vg-root"
    assert says(lab, "all-on-root", "df --output=source / /usr | tail -n +2").split() == [root, root]
    assert "/cpaas" not in says(lab, "all-on-root", "cut -d' ' -f2 /proc/mounts").splitlines()
    assert says(lab, "slow", "lsblk -d -n -o KNAME,ROTA").split() == ["sda", "1", "sdb", "1"]
    assert says(lab, "slow", "df -BG --output=size,source / /var/lib/etcd | tail -n +2").split() == [
        "50G",
        "/dev/mapper/rhel-root",
        "20G",
        "/dev/sdb",
    ]


def test_the_sizes_of_disks_are_kept(lab: Lab) -> None:
    assert (
        lab.nodes["slow"].run("truncate -s 1G /var/lib/etcd/sparse; fallocate -l 21G /var/lib/etcd/big").returncode != 0
    )
    assert lab.nodes["slow"].run("rm /var/lib/etcd/*").returncode == 0


def test_nobody_takes_processors_or_memory_from_a_node(lab: Lab) -> None:
    assert says(lab, UBUNTU, "awk '/^cpu / {print $9}' /proc/stat; grep -c ^cpu /proc/stat").split() == ["0", "17"]
    balloon = says(lab, UBUNTU, "grep -E '^balloon_(inflate|deflate) ' /proc/vmstat").splitlines()
    assert balloon == ["balloon_inflate 0", "balloon_deflate 0"]
    # What programs make of both still holds.
    assert says(lab, UBUNTU, "vmstat -s | grep -c 'total memory'; uptime -s; ps -o lstart= -p 1").startswith("1\n20")


def test_processors_show_their_clock(lab: Lab) -> None:
    folder = "/sys/devices/system/cpu/cpu15/cpufreq"
    clock = says(lab, UBUNTU, f"cd {folder}; cat scaling_governor base_frequency cpuinfo_max_freq").split()
    assert clock == ["performance", "2600000", "2600000"]
    assert {"CPU(s):              16", "Core(s) per socket:  16"} <= set(says(lab, UBUNTU, "lscpu").splitlines())


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
        "head -c 1 /dev/sda",
        "sysctl -w kernel.panic=9",
    ):
        assert ssh(lab, UBUNTU, command).returncode != 0
    assert ssh(lab, UBUNTU, "sysctl -w net.ipv4.ip_forward=1").returncode == 0
