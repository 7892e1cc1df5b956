"""Fifty checks of a node as people write them with Testinfra: one call of ``host`` for each."""

import pytest

MODULES = ["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "geneve", "openvswitch"]
PORTS = [2379, 2380, 6443, 10249, 10250, 10251, 10256, 6641, 6642]
PACKAGES = [
    "docker.io",
    "podman-docker",
    "containerd",
    "rootlesskit",
    "rkt",
    "containernetworking-plugins",
    "kubernetes",
    "docker-ce",
]
SERVICES = ["firewalld", "ufw", "nftables", "iptables", "systemd-resolved"]


def test_user_is_root(host):
    assert host.user().name == "root"


@pytest.mark.parametrize("option", ["usedns no", "usepam no"])
def test_sshd_option(host, option):
    assert option in host.run("sshd -T").stdout.splitlines()


def test_default_tasks_max(host):
    assert "infinity" in host.run("systemctl show --property=DefaultTasksMax").stdout


def test_operating_system(host):
    assert host.system_info.release == "22.04"


def test_kernel(host):
    assert host.file("/proc/sys/kernel/osrelease").content_string.startswith("5.15.0-")


def test_architecture(host):
    assert host.run("uname -m").stdout.strip() == "x86_64"


def test_transparent_hugepage(host):
    assert "[never]" in host.file("/sys/kernel/mm/transparent_hugepage/enabled").content_string


def test_transparent_hugepage_at_boot(host):
    assert host.file("/etc/default/grub").contains("transparent_hugepage=never")


@pytest.mark.parametrize("module", MODULES)
def test_module_is_loaded(host, module):
    assert host.file(f"/sys/module/{module}").exists


def test_selinux_is_off(host):
    assert not host.file("/sys/fs/selinux/enforce").exists


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_off(host, service):
    assert not host.service(service).is_running


def test_no_swap(host):
    assert len(host.file("/proc/swaps").content_string.splitlines()) == 1


def test_no_swap_at_boot(host):
    assert " swap " not in host.file("/etc/fstab").content_string


def test_hostname(host):
    assert len(host.check_output("hostname")) <= 36


def test_localhost(host):
    assert host.file("/etc/hosts").contains("127.0.0.1.*localhost")


def test_name_servers(host):
    assert "nameserver" in host.file("/etc/resolv.conf").content_string


def test_no_search_domains(host):
    assert "search " not in host.file("/etc/resolv.conf").content_string


def test_default_route(host):
    assert host.run("ip route show").rc == 0


def test_address(host):
    assert host.interface("eth0").addresses


@pytest.mark.parametrize("port", PORTS)
def test_port_is_free(host, port):
    assert not host.socket(f"tcp://0.0.0.0:{port}").is_listening


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_not_installed(host, package):
    assert not host.package(package).is_installed


def test_processors(host):
    assert host.file("/proc/cpuinfo").content_string.count("processor\t") >= 8


def test_memory(host):
    line = host.file("/proc/meminfo").content_string.splitlines()[0]
    assert int(line.split()[1]) >= 15 * 2**20


def test_machine_id(host):
    assert len(host.file("/etc/machine-id").content_string.strip()) == 32


def test_clock(host):
    assert int(host.check_output("date +%s")) > 0
