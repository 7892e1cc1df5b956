"""Parsers of the probe's sections, with outputs as real systems give them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from acp_acceptance.collect.probe import MESH_SECTIONS, sections
from acp_acceptance.model.access import Sshd, parse_sshd
from acp_acceptance.model.boot import parse_boot, parse_hugepages, parse_modules, parse_swap
from acp_acceptance.model.hardware import Memory, parse_cpu, parse_memory
from acp_acceptance.model.identity import parse_identity
from acp_acceptance.model.kernel import parse_kernel, parse_os
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.network import parse_hostname, parse_listeners, parse_resolver
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.sections import Part, Section
from acp_acceptance.model.software import parse_packages


def section(*absent: str, **parts: str | Part) -> Section:
    """Make a section; names are written with ``_`` for ``-``."""
    made = {name: text if isinstance(text, Part) else Part(0, text) for name, text in parts.items()}
    return Section("x", {name.replace("_", "-"): part for name, part in made.items()}, frozenset(absent), 0)


def with_parts(parts: dict[str, Any], *absent: str) -> Section:
    return Section("x", {name: Part(0, text) for name, text in parts.items()}, frozenset(absent), 0)


@pytest.mark.parametrize(
    ("os_release", "centos", "identity"),
    [
        ('NAME="Red Hat Enterprise Linux"\nVERSION_ID="8.6"\nID="rhel"\n', None, ("rhel", "8.6")),
        ('ID="centos"\nVERSION_ID="7"\n', "CentOS Linux release 7.9.2009 (Core)\n", ("centos", "7.9")),
        ("ID=ubuntu\nVERSION_ID='22.04'\n", None, ("ubuntu", "22.04")),
        ('ID="kylin"\nVERSION_ID="V10"\nVERSION="V10 (Lance)"\n', None, ("kylin", "V10 (Lance)")),
        ('ID=rhel\nVERSION_ID="8.6"\nBROKEN="no end\n', None, ("rhel", "8.6")),
    ],
)
def test_operating_systems_are_told_apart(os_release: str, centos: str | None, identity: tuple[str, str]) -> None:
    parts = {"os-release": os_release} | ({"centos-release": centos} if centos else {})
    found = parse_os(with_parts(parts, *([] if centos else ["centos-release"])))
    assert (found.id, found.version) == identity


@pytest.mark.parametrize("text", ["", "NAME=x\n", "\0\1\2 binary", "ID=\nVERSION_ID=\n"])
def test_an_os_release_that_names_nothing_is_no_system(text: str) -> None:
    with pytest.raises(CollectionError):
        parse_os(section("centos-release", os_release=text))


def test_kernel_builds_are_compared() -> None:
    kernel = parse_kernel(section(osrelease="4.18.0-372.9.1.el8.x86_64\n", machine="x86_64\n"))
    assert kernel.version == "4.18.0"
    assert kernel.is_at_least("4.18.0-372.9.1")
    assert not kernel.is_at_least("4.18.0-553")


def test_a_kernel_release_that_is_none_is_refused() -> None:
    with pytest.raises(CollectionError):
        parse_kernel(section(osrelease="\x1b[31m4\n", machine="x86_64\n"))


BOOT_FILES = {
    "file:/etc/default/grub": 'GRUB_TIMEOUT=5\n# GRUB_CMDLINE_LINUX="transparent_hugepage=never"\nGRUB_CMDLINE_LINUX="rd.lvm.lv=a quiet"\n',
    "file:/boot/grub2/grub.cfg": "menuentry 'x' {\n\tlinux16 /vmlinuz root=/dev/sda1 transparent_hugepage=never\n\tinitrd16 /i\n}\n",
    "file:/boot/loader/entries/a.conf": "title A\noptions root=/dev/sda1 $kernelopts\n",
    "file:/boot/grub2/grubenv": "# GRUB Environment Block\nkernelopts=root=/dev/sda1 transparent_hugepage=never ks=http://me:hush@host/\n",
}


def test_boot_parameters_are_read_from_every_kind_of_file() -> None:
    boot = parse_boot(with_parts(BOOT_FILES))
    assert boot.holding("transparent_hugepage=never") == ("/boot/grub2/grub.cfg", "/boot/grub2/grubenv")
    assert "hush" not in str(boot)


def test_no_boot_configuration_at_all_is_no_pass() -> None:
    with pytest.raises(CollectionError, match="no boot configuration"):
        parse_boot(section())


def test_the_mode_of_huge_pages_is_the_one_in_brackets() -> None:
    assert parse_hugepages(section(enabled="always [madvise] never\n")).mode == "madvise"
    assert parse_hugepages(section("enabled")).mode is None
    with pytest.raises(CollectionError):
        parse_hugepages(section(enabled="always madvise never\n"))


def test_modules_count_when_loaded_or_built_in() -> None:
    modules = parse_modules(
        section(
            sys_module="ip_vs\nip_vs_rr\n",
            builtin="kernel/net/netfilter/ipvs/ip_vs_sh.ko\nkernel/drivers/net/fake-name.ko.xz\n",
            at_boot="ip_vs\nbr-netfilter\n",
            ipip="/ipip.ko\n",
            refused="blacklist pcspkr\ninstall geneve /bin/true\ninstall dccp /sbin/modprobe --ignore-install dccp\n",
        )
    )
    assert modules.missing(["ip_vs", "ip_vs_sh", "fake_name", "ip_vs_wrr"]) == ["ip_vs_wrr"]
    assert modules.missing_at_boot(["ip_vs", "ip_vs_sh", "ip_vs_rr", "br_netfilter"]) == ["ip_vs_rr"]
    assert modules.unusable(["ip_vs", "ipip", "vxlan"]) == ["vxlan"]
    assert modules.refused == {"pcspkr", "geneve"}


def test_a_module_that_is_refused_is_not_there_to_be_used() -> None:
    modules = parse_modules(
        section("builtin", sys_module="ext4\n", at_boot=Part(1, ""), ipip="/ipip.ko\n", refused="blacklist ipip\n")
    )
    assert modules.unusable(["ipip"]) == ["ipip"]


SWAPS = "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n"


def test_swap_is_seen_in_use_and_at_boot() -> None:
    swap = parse_swap(
        with_parts(
            {
                "proc-swaps": SWAPS + "/dev/dm-1                               partition\t4194300\t0\t-2\n",
                "fstab": "# /dev/old none swap sw 0 0\nUUID=1 none swap defaults 0 0\n/dev/b none swap noauto 0 0\nUUID=2 / xfs defaults 0 0\n",
                "systemctl": "dev-sda2.swap generated -\nold.swap masked -\nx.swap enabled enabled\n",
                "zram:/etc/systemd/zram-generator.conf": "[zram0]\n",
            }
        )
    )
    assert swap.in_use == ("/dev/dm-1 (4.0 GiB)",)
    assert swap.at_boot == (
        "/etc/fstab: UUID=1 none swap defaults 0 0",
        "systemd: dev-sda2.swap (generated)",
        "systemd: x.swap (enabled)",
        "zram: /etc/systemd/zram-generator.conf",
    )


def test_swaps_without_its_header_is_not_read_as_no_swap() -> None:
    with pytest.raises((CollectionError, ValueError)):
        parse_swap(section("fstab", "systemctl", proc_swaps=""))


def test_processors_and_memory_are_counted() -> None:
    cpu = parse_cpu(
        section(cpuinfo="processor\t: 0\nmodel name\t: Xeon(R) Gold\nprocessor\t: 1\nmodel name\t: Xeon(R) Gold\n")
    )
    assert (cpu.cores, cpu.model) == (2, "Xeon(R) Gold")
    assert parse_memory(section(meminfo="MemTotal:       16266304 kB\nMemFree: 1 kB\n")).total == 16266304 * 1024
    with pytest.raises(CollectionError):
        parse_cpu(section(cpuinfo=""))
    with pytest.raises(CollectionError):
        parse_memory(section(meminfo="MemFree: 1 kB\n"))


def test_a_machine_of_16_gib_holds_16_gb_although_its_kernel_reports_less() -> None:
    assert Memory(16266304 * 1024).holds(16)
    assert Memory(15728640 * 1024).holds(16)
    assert not Memory(15 * 2**30 - 600 * 2**20).holds(16)


def test_the_host_name_is_kept_as_it_is() -> None:
    assert parse_hostname(section("at-boot", hostname="CP_1<b>\n")).name == "CP_1<b>"
    assert parse_hostname(section(hostname="a\n", at_boot="# comment\nb\n")).names == ["a", "b"]
    with pytest.raises(CollectionError):
        parse_hostname(section(hostname="(none)\n"))


def test_the_resolver_is_read_with_its_comments_and_last_search_line() -> None:
    text = (
        "# made by hand\nnameserver 10.0.0.2\nnameserver 172.16.0.1 # x\nsearch a.example\ndomain b.example c.example\n"
    )
    resolver = parse_resolver(section(resolv_conf=text))
    assert resolver.nameservers == ("10.0.0.2", "172.16.0.1")
    assert resolver.search == ("b.example", "c.example")
    assert parse_resolver(section("resolv-conf")).exists is False


SS = """Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
tcp   LISTEN 0      4096         0.0.0.0:6443       0.0.0.0:*    users:(("kube-apiserver",pid=812,fd=7),("kube-apiserver",pid=812,fd=8))
tcp   LISTEN 0      128             [::]:22            [::]:*
udp   UNCONN 0      0          127.0.0.1:6443       0.0.0.0:*    users:(("x",pid=1,fd=3))
tcp   LISTEN 0      100            [::1]%lo:25            *:*
"""


def test_listeners_are_read_from_ss_with_their_holders() -> None:
    listeners = parse_listeners(section(ss=SS))
    assert listeners.holding([6443, 22, 25]) == ("tcp 22", "tcp 25", "tcp 6443 (kube-apiserver, pid 812)")


def test_listeners_are_read_from_the_kernel_where_ss_is_not_installed() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0\n"
    )
    listeners = parse_listeners(with_parts({"net:tcp": table, "net:udp": ""}, "ss"))
    assert listeners.holding([6443, 8080]) == ("tcp 6443",)
    with pytest.raises(CollectionError):
        parse_listeners(section("ss"))


def test_dpkg_packages_that_were_removed_do_not_count() -> None:
    rows = "ii \tbash\t5.1\nrc \tdocker.io\t20.10\nhi \tlibc6:amd64\t2.35\niF \thalf\t1\nun \tnothing\t\n"
    packages = parse_packages(section("snap", dpkg_query=rows))
    assert packages.installed == {"bash": "5.1", "libc6": "2.35", "half": "1"}


def test_rpm_packages_and_snaps_are_read() -> None:
    packages = parse_packages(
        section("dpkg-query", rpm="bash\t5.1-1\ngpg-pubkey\tfd43-1\n", snap="Name Version\nkubectl 1.30\n")
    )
    assert (packages.manager, packages.installed, packages.snaps) == ("rpm", {"bash": "5.1-1"}, ("kubectl",))


@pytest.mark.parametrize(
    "broken",
    [
        section("dpkg-query", "rpm", "snap"),
        section("dpkg-query", "snap", rpm=""),
        section("dpkg-query", "snap", rpm=Part(1, "", "error: cannot open Packages database")),
        section("dpkg-query", "snap", rpm=Part(0, "bash\t5\n", "error: rpmdb: damaged header #3")),
        section("rpm", "snap", dpkg_query=Part(2, "", "dpkg-query: error: parsing file")),
        section("rpm", "snap", dpkg_query=Part(None, "ii \tbash\t5\n")),
    ],
)
def test_a_package_database_that_cannot_be_read_is_no_empty_one(broken: Section) -> None:
    with pytest.raises(CollectionError):
        parse_packages(broken)


def test_sshd_options_are_those_in_force() -> None:
    sshd = parse_sshd(section(sshd="port 22\nusepam no\nusedns yes\n"))
    assert (sshd.option("UsePAM"), sshd.option("UseDNS")) == ("no", "yes")


def test_sshd_files_count_where_sshd_cannot_run() -> None:
    files = {
        "file:/etc/ssh/sshd_config": "Include sshd_config.d/*.conf\nUsePAM no\nMatch User x\n UseDNS yes\n",
        "file:/etc/ssh/sshd_config.d/50-a.conf": "UsePAM yes\n",
    }
    parts = {name: Part(0, text) for name, text in files.items()} | {"sshd": Part(255, "", "no hostkeys available")}
    sshd = parse_sshd(Section("x", parts))
    assert sshd.option("UsePAM") == "yes"
    with pytest.raises(CollectionError, match="does not state UseDNS"):
        sshd.option("UseDNS")


def test_sshd_that_cannot_be_asked_at_all_is_not_measured() -> None:
    with pytest.raises(CollectionError, match="sshd -T could not run"):
        parse_sshd(section("sshd"))


def test_an_include_of_itself_ends() -> None:
    parsed = parse_sshd(with_parts({"file:/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config\nUsePAM no\n"}, "sshd"))
    assert isinstance(parsed, Sshd)
    assert parsed.option("usepam") == "no"


def test_identities_leave_out_what_containers_and_makers_fill_in() -> None:
    identity = parse_identity(
        with_parts(
            {
                "machine-id": "abc\n",
                "product-uuid": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n",
                "mac:eth0": "52:54:00:AA:BB:CC\n",
                "mac:docker0": "02:42:00:00:00:01\n",
                "mac:lo": "00:00:00:00:00:00\n",
            }
        )
    )
    assert identity.product_uuid is None
    assert identity.mac_addresses == {"52:54:00:aa:bb:cc"}


def test_every_fact_with_a_parser_is_a_section_of_the_probe() -> None:
    assert {*sections(), *MESH_SECTIONS} == {name for name, fact in NodeFacts.declared().items() if fact.parse}


@pytest.mark.parametrize("name", sections())
@pytest.mark.parametrize("junk", ["", "\0\x1b[2J\udcff", "a" * 100_000, "{}[]%s\n" * 50])
def test_no_parser_falls_over_junk(name: str, junk: str) -> None:
    """A parser may refuse; what it raises is what the collector takes for a problem of that fact."""
    fact = NodeFacts.declared()[name]
    names = [
        "os-release",
        "osrelease",
        "machine",
        "enabled",
        "sys-module",
        "builtin",
        "proc-swaps",
        "fstab",
        "systemctl",
        "cpuinfo",
        "meminfo",
        "hostname",
        "resolv-conf",
        "resolved",
        "ss",
        "sshd",
        "machine-id",
        "product-uuid",
        "rpm",
        "snap",
        "file:/etc/default/grub",
        "mac:eth0",
        "net:tcp",
        "zram:x",
    ]
    with suppress(CollectionError, ValueError, IndexError, KeyError, TypeError):
        fact.parse(with_parts(dict.fromkeys(names, junk), "dpkg-query", "centos-release"))
