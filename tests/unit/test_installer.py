"""What is left of the installer: on its node, and at its port."""

from __future__ import annotations

import shutil
import socket
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.platform.installer import installer_facts
from acp_acceptance.collect.probe import make_probe
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.installer import CONTAINER, Installer, left_over, read_containers, require_seen
from acp_acceptance.model.runner_view import Knock
from acp_acceptance.model.sections import Part, Section, read_probe
from acp_acceptance.requirements import load_catalogue
from cluster_api import ClusterApi, listing
from sites import site_file, three_nodes

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
HALF = timedelta(minutes=30)
GONE = Installer(
    "cp-1",
    "192.0.2.1",
    {"nerdctl": ("other",), "crictl": ()},
    {},
    Knock("192.0.2.1", 8080, "refused"),
    NOW - timedelta(hours=2),
)


def test_nothing_left_is_well() -> None:
    assert not [*left_over(GONE, NOW, HALF)]
    require_seen(GONE)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"containers": {"docker": ("a", CONTAINER)}}, "container"), ({"port": Knock("192.0.2.1", 8080, "open")}, "open")],
)
def test_what_is_left_is_named_when_it_had_its_time(changed: dict[str, Any], sentence: str) -> None:
    left = replace(GONE, **changed)
    assert [name for name, _ in left_over(left, NOW, HALF)] == [sentence]
    with pytest.raises(CollectionError, match="it has until 2026-11-21 12:20 UTC"):
        [*left_over(replace(left, begun=NOW - timedelta(minutes=10)), NOW, HALF)]
    with pytest.raises(CollectionError, match="when it began is not known"):
        [*left_over(replace(left, begun=None), NOW, HALF)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"problem": "cp-1 could not be asked"}, "could not be asked"),
        ({"failed": {"docker": "no daemon"}}, "docker on cp-1 could not list containers: no daemon"),
        ({"containers": {}}, "neither crictl, nerdctl nor docker"),
        ({"port": None}, "was not tried"),
        ({"port": Knock("acp.invalid", 8080, "unresolved")}, "cannot resolve"),
    ],
)
def test_what_was_not_seen_is_not_judged_well(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        require_seen(replace(GONE, **changed))


def test_what_the_node_lists_is_read_by_the_command_that_listed_it() -> None:
    parts = {
        "crictl": Part(0, '{"containers": [{"metadata": {"name": "minialauda-control-plane"}}, 5]}'),
        "nerdctl": Part(0, "a\nminialauda-control-plane\n\n"),
        "nerdctl-k8s": Part(1, "", "permission denied"),
    }
    found, failed = read_containers(Section("installer", parts, frozenset({"docker"})))
    assert found == {"crictl": (CONTAINER, ""), "nerdctl": ("a", CONTAINER)}
    assert failed == {"nerdctl --namespace k8s.io": "nerdctl-k8s could not be read (exit status 1): permission denied"}


@pytest.mark.parametrize("text", ["junk", "[1"])
def test_a_crictl_that_gives_no_json_has_failed(text: str) -> None:
    assert read_containers(Section("installer", {"crictl": Part(0, text)}, frozenset({"docker", "nerdctl", "nerdctl-k8s"}))) == ({}, {"crictl": "crictl gave no JSON"})  # fmt: skip


def test_the_probe_lists_containers_with_what_the_node_has(tmp_path: Path) -> None:
    """The section itself, run by a shell, with a docker that prints what it was asked."""
    for tool in (
        "sh",
        "date",
        "cat",
        "head",
        "timeout",
        "id",
        "env",
        "sleep",
        "sed",
        "awk",
        "kill",
        "mktemp",
        "rm",
        "mkfifo",
        "grep",
        "tr",
    ):
        if found := shutil.which(tool):
            (tmp_path / tool).symlink_to(found)
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\necho "$*"\n', encoding="utf-8")
    docker.chmod(0o755)
    probe = make_probe(become=False, only={"installer": 5})
    done = subprocess.run(
        ["sh", "-c", probe.command],
        input=b"\n" + probe.script,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    section = read_probe(done.stdout, done.stderr, probe.nonce).sections["installer"]
    found_by, _ = read_containers(section)
    assert found_by["docker"] == ("ps -a --format {{.Names}}",)


def begun(*times: str, since: str = "") -> dict[str, Any]:
    status = {"conditions": [{"type": "Health", "lastTransitionTime": since}]}
    releases = [
        {"metadata": {"name": str(number), "creationTimestamp": time}, "status": status}
        for number, time in enumerate(times)
    ]
    return {"/apis/operator.alauda.io/v1alpha1/appreleases": listing(*releases)}


def test_the_installer_node_is_asked_and_its_port_tried(tmp_path: Path) -> None:
    inventory = load_inventory(site_file(tmp_path, three_nodes()), releases=list(load_catalogue().releases))
    (cluster,) = inventory.site.clusters
    nodes = tuple(
        node.model_copy(update={"address": "127.72.0.1"}) if node.installer else node for node in inventory.nodes
    )
    inventory = inventory.model_copy(update={"nodes": nodes})
    asked: list[tuple[str, str]] = []

    def ask(node: Any, name: str) -> Section:
        asked.append((node.name, name))
        return Section(name, {"docker": Part(0, CONTAINER)}, frozenset({"crictl", "nerdctl", "nerdctl-k8s"}))

    with (
        ClusterApi(
            begun("2026-11-21T11:58:00Z", "2026-11-21T11:59:00Z", since="2026-11-21T08:00:00Z")
        ).running() as api,
        socket.create_server(("127.72.0.1", 8080)),
    ):
        found = installer_facts(api, inventory, cluster, ask)
    assert asked == [("cp-1", "installer")]
    assert found.begun == datetime(2026, 11, 21, 8, tzinfo=timezone.utc)
    assert [sentence for sentence, _ in left_over(found, NOW, HALF)] == ["container", "open"]


def test_a_node_that_cannot_be_asked_and_a_site_without_one_say_so(tmp_path: Path) -> None:
    def refuse(*_: object) -> Section:
        raise CollectionError("connection refused")

    inventory = load_inventory(site_file(tmp_path, three_nodes()), releases=list(load_catalogue().releases))
    (cluster,) = inventory.site.clusters
    with ClusterApi(begun()).running() as api:
        found = installer_facts(api, inventory, cluster, refuse)
        with pytest.raises(CollectionError, match="cp-1 could not be asked for its containers: connection refused"):
            require_seen(found)
        nodes = tuple(node.model_copy(update={"installer": False}) for node in inventory.nodes)
        with pytest.raises(CollectionError, match="names no installer node"):
            installer_facts(api, inventory.model_copy(update={"nodes": nodes}), cluster, refuse)
