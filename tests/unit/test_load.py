"""What is made of the words of dd, of links, of connections through a balancer, and of what was sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acp_acceptance.collect.active import NOT_ASKED
from acp_acceptance.collect.active.throughput import rounds
from acp_acceptance.model.forwarding import Forwarded, Forwarding
from acp_acceptance.model.links import Links, parse_links
from acp_acceptance.model.load import Copied, parse_copied, parse_disk_rates, parse_sync_writes, percentile
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.sections import Part, Section
from acp_acceptance.model.throughput import Sent, Throughput, parse_received, rates_of
from recorded import healthy, site_of


def section(**parts: str) -> Section:
    return Section("active", {name.replace("__", ":").replace("_", "/"): Part(0, text) for name, text in parts.items()})


@pytest.mark.parametrize(
    ("line", "copied"),
    [
        ("8192 bytes (8.2 kB, 8.0 KiB) copied, 0.000123 s, 66.6 MB/s", Copied(8192, 0.000123)),
        ("8192 bytes (8.2 kB) copied, 6.1547e-05 s, 133 MB/s", Copied(8192, 6.1547e-05)),
        ("8192 bytes (8.0KB) copied, 0.000045 seconds, 173.6MB/s", Copied(8192, 0.000045)),
        ("512 bytes copied, 1.2e-05 s, 42.7 MB/s", Copied(512, 1.2e-05)),
        ("33554432 bytes (34 MB) copied, 12 s, 2.8 MB/s", Copied(33554432, 12.0)),
    ],
)
def test_the_words_of_every_dd_are_read(line: str, copied: Copied) -> None:
    assert parse_copied(f"1+0 records in\n1+0 records out\n{line}\n") == [copied]


@pytest.mark.parametrize("text", ["1+0 records in\n1+0 records out\n", "dd: failed to open", "x" * 100000, "9" * 99 + " bytes copied, 1 s"])  # fmt: skip
def test_what_is_no_such_line_is_none(text: str) -> None:
    assert parse_copied(text) == []


def test_the_99th_percentile_leaves_out_one_write_of_a_hundred() -> None:
    assert percentile([0.001] * 99 + [5.0], 0.99) == 0.001
    assert percentile([0.001] * 98 + [4.0, 5.0], 0.99) == 4.0
    assert percentile([3.0], 0.99) == 3.0


def line(size: int, seconds: float) -> str:
    return f"{size} bytes (x) copied, {seconds} s, y MB/s\n"


PLACE = "/var/lib / /dev/vda1\n"


def test_synchronous_writes() -> None:
    found = parse_sync_writes(
        section(place___var_lib_etcd=PLACE, sync___var_lib_etcd=line(8192, 0.002) * 98 + line(8192, 0.02) * 2),
        "/var/lib/etcd",
    )
    assert (found.place, found.samples, found.milliseconds) == ("/var/lib", 100, 20.0)
    assert found.operations_per_second == 424


@pytest.mark.parametrize("said", [line(8192, 0.002) * 49, "", "1+0 records in\n"])
def test_too_few_synchronous_writes_tell_nothing(said: str) -> None:
    with pytest.raises(CollectionError):
        parse_sync_writes(section(place___var_lib_etcd=PLACE, sync___var_lib_etcd=said), "/var/lib/etcd")


def rates(**changed: str) -> dict[str, str]:
    return {
        "place___cpaas": PLACE,
        "mode___cpaas": "direct\n",
        "sequential___cpaas": line(2**25, 0.1) * 2,
        "parallel___cpaas": "round 2\n" + line(4096 * 16, 0.01) + line(4096 * 16, 0.02) + "round 2\n" + line(4096 * 32, 0.03) * 2,
        **changed,
    }  # fmt: skip


def test_rates_are_those_of_each_file_system_once() -> None:
    (disk,) = parse_disk_rates(section(place___var=PLACE, **rates()), ["/cpaas", "/var"]).disks
    assert (disk.folders, disk.device, disk.megabytes_per_second) == (("/cpaas", "/var"), "/dev/vda1", 335)
    assert disk.operations == (32 + 64) / 0.05


@pytest.mark.parametrize(
    "changed",
    [
        {"parallel___cpaas": "round 8\n" + line(4096, 0.01)},
        {"parallel___cpaas": ""},
        {"sequential___cpaas": "1+0 records in"},
        {"refused___cpaas": "writing 300 MiB would leave less than a tenth of / free"},
        {"place___cpaas": "junk"},
    ],
)
def test_rates_that_are_not_whole_are_none(changed: dict[str, str]) -> None:
    with pytest.raises(CollectionError):
        parse_disk_rates(section(**rates(**changed)), ["/cpaas"])


def test_a_dd_that_cannot_write_past_the_cache_shows_no_operations() -> None:
    parts = rates(mode___cpaas="sync")
    del parts["parallel___cpaas"]
    (disk,) = parse_disk_rates(section(**parts), ["/cpaas"]).disks
    assert disk.megabytes_per_second == 335
    with pytest.raises(CollectionError, match="neither directly nor synchronously"):
        _ = disk.operations


ROUTE = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
DEFAULT = "{}\t00000000\t0101A8C0\t0003\t0\t0\t{}\t00000000\t0\t0\t0\n"
NET = "eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
ROUTE6 = (
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 "
    "00000400 00000001 00000000 00450003 {}\n"
)


def links(route: str, attributes: str, route6: str = "") -> Section:
    parts = {"route": Part(0, route), "route6": Part(0, route6), "attributes": Part(2, attributes)}
    return Section("links", parts)


def attributes(name: str, speed: str = "10000") -> str:
    return "".join(f"/sys/class/net/{name}/{key}:{value}\n" for key, value in {"speed": speed, "mtu": 1500, "operstate": "up"}.items())  # fmt: skip


def test_the_link_is_that_of_the_best_default_route() -> None:
    text = ROUTE + DEFAULT.format("eth1", 200) + NET + DEFAULT.format("bond0", 100)
    assert parse_links(links(text, attributes("eth1", "1000") + attributes("bond0", "20000"))) == Links("bond0", 20000, 1500, "up")  # fmt: skip


def test_the_route_may_be_of_ipv6_alone() -> None:
    tables = ROUTE6.format("lo") + ROUTE6.format("ens3")
    assert parse_links(links(ROUTE, attributes("ens3"), tables)).interface == "ens3"


@pytest.mark.parametrize("speed", ["-1", "", "junk", "0"])
def test_a_speed_that_is_not_known_is_none(speed: str) -> None:
    assert parse_links(links(ROUTE + DEFAULT.format("eth0", 0), attributes("eth0", speed))).speed is None


@pytest.mark.parametrize(("route", "said"), [(ROUTE + NET, "eth1"), (ROUTE + DEFAULT.format("eth9", 0), "eth1")])
def test_without_a_route_or_its_interface_nothing_is_known(route: str, said: str) -> None:
    with pytest.raises(CollectionError):
        parse_links(links(route, attributes(said)))


SENT = Sent("b", "192.0.2.2", across=False, size=3 * 10**8, seconds=2.0)


def test_what_is_known_of_the_bandwidth() -> None:
    facts = healthy("a", throughput=Throughput((SENT, replace(SENT, across=True))))
    assert [(rate.what, rate.scope, rate.megabits) for rate in rates_of(facts)] == [("eth0", "cluster", 10000), ("b", "cluster", 1200), ("b", "across", 1200)]  # fmt: skip


def test_a_link_of_1000_shows_850_and_more_when_it_is_measured() -> None:
    link, path = list(rates_of(healthy("a", throughput=Throughput((replace(SENT, size=215 * 10**6),)))))
    assert (path.megabits, path.at_least(1000, 85), path.at_least(1012, 85)) == (860, True, False)
    assert link.at_least(10000, 85)
    assert not link.at_least(10001, 85)


def test_a_link_that_does_not_know_its_speed_needs_a_measurement() -> None:
    unknown = Links("eth0", None, 1500, "up")
    assert [rate.megabits for rate in rates_of(healthy("a", links=unknown, throughput=Throughput((SENT,))))] == [1200]
    with pytest.raises(CollectionError, match="--acp-active"):
        list(rates_of(healthy("a", links=unknown, throughput=NOT_ASKED)))


def test_a_measurement_that_was_wanted_and_failed_is_not_passed_over() -> None:
    with pytest.raises(CollectionError, match="no perl"):
        list(rates_of(healthy("a", throughput=Problem("unreadable", "no perl"))))


@pytest.mark.parametrize("text", ["port 1\n", "port 1\nreceived 0 0.000000\n", "received 5 0.000000\n", "received x 1.0\n"])  # fmt: skip
def test_nothing_received_is_no_rate(text: str) -> None:
    with pytest.raises(CollectionError):
        parse_received(section(output=text))


@pytest.mark.parametrize("count", range(12))
def test_each_sends_to_the_next_and_is_in_one_pair_at_a_time(count: int) -> None:
    nodes = site_of(*(f"n{number}" for number in range(max(count, 1)))).nodes[:count]
    plan = rounds(nodes)
    pairs = {(sender.name, receiver.name) for pairs in plan for sender, receiver in pairs}
    assert pairs == {(nodes[number].name, nodes[(number + 1) % count].name) for number in range(count) if count > 1}
    for pairs in plan:
        names = [node.name for pair in pairs for node in pair]
        assert len(names) == len(set(names))
    assert len(plan) <= 3


def forwarded(answered: dict[str, tuple[str, ...]]) -> Forwarding:
    return Forwarding((Forwarded("192.0.2.10", 443, ("a", "b", "c"), answered, 12),), (), ())


@pytest.mark.parametrize(
    ("answered", "sentence"),
    [
        ({"runner": ("a", "b", "c")}, None),
        ({"runner": ("a",), "a": ("b",), "b": ("c",)}, None),
        ({"runner": ("a", "b")}, "missing"),
        ({"runner": ("a", "b"), "a": ("a",)}, "missing"),
        ({"runner": ("a",), "a": ("a",), "b": ("a",), "c": ("a",)}, "missing"),
        ({}, "silent"),
    ],
)
def test_a_missing_node_is_told(answered: dict[str, tuple[str, ...]], sentence: str | None) -> None:
    found = forwarded(answered)
    assert [name for name, _ in found.faults()] == ([sentence] if sentence else [])
    if sentence is None:
        found.require_whole()


@pytest.mark.parametrize("answered", [{"runner": ("a",)}, {"runner": ("a",), "a": ("b",), "b": ("a",)}])
def test_a_balancer_that_keeps_its_clients_proves_nothing(answered: dict[str, tuple[str, ...]]) -> None:
    found = forwarded(answered)
    assert found.faults() == []
    with pytest.raises(CollectionError, match="source affinity"):
        found.require_whole()


def test_what_was_left_out_is_said() -> None:
    whole = forwarded({"runner": ("a", "b", "c")})
    with pytest.raises(CollectionError, match="port 443 is taken"):
        replace(whole, unheard=("a port 443 is taken: nginx",)).require_whole()
    with pytest.raises(CollectionError, match=r"does not say parameters\.http_enabled"):
        replace(whole, unsaid=("parameters.http_enabled",)).require_whole()
    with pytest.raises(CollectionError, match="no port"):
        Forwarding((), (), ()).require_whole()
