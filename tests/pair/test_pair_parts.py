"""What the lab's pair is made of, without a pair: its faults, its keys, what it synchronises."""

from __future__ import annotations

import base64
import os
import socket
from collections import Counter
from threading import Thread
from typing import Any

import pytest
import yaml

from acp_acceptance.requirements import load_catalogue
from lab.pair.failover import BEFORE_SYNCHRONISATION, STEPS
from lab.pair.faults import FAULTS, operators, parity, sides, sync, ways
from lab.pair.holding import hold
from lab.pair.scope import EXCLUDED
from lab.pair.shared import ENCRYPTION_KEY, PLANTED, another_key, encryption_config
from lab.platform.site import PLANTED_SECRETS
from lab.seeding import ALL_RELEASES


def test_each_fault_has_a_name_of_its_own() -> None:
    named = Counter(fault.name for area in (parity, operators, ways, sync, sides) for fault in area.FAULTS)
    assert set(named.values()) == {1}
    assert set(named) == set(FAULTS)


@pytest.mark.parametrize("release", ALL_RELEASES)
def test_each_fault_is_of_a_requirement_that_the_release_owes(release: str) -> None:
    owed = {requirement.id for requirement in load_catalogue().owed_by(release)}
    for fault in FAULTS.values():
        if release in fault.releases:
            wanted = {name for name in (fault.requirement, *fault.also) if name}
            assert wanted <= owed, fault.name
        assert set(fault.releases) <= set(ALL_RELEASES)
        assert fault.steps


def test_each_requirement_of_readiness_has_a_fault() -> None:
    owed = {requirement.id for requirement in load_catalogue().owed_by("4.3") if requirement.id.startswith("dr.")}
    shown = {name for fault in FAULTS.values() for name in (fault.requirement, *fault.also)}
    # Names of nodes are how a pair is made.
    beyond = {"dr.node-names.cluster"}
    assert {name for name in owed - shown if not name.startswith("dr.failover.")} == beyond


def test_packets_that_are_kept_back_come_out_whole_and_in_their_order() -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    input_, end = os.pipe()
    with near, far:
        near.settimeout(30)
        holding = Thread(target=hold, args=(far.fileno(), 0.01, input_), daemon=True)
        holding.start()
        packets = [bytes([number]) * (number + 1) for number in range(50)]
        for packet in packets:
            near.send(packet)
        assert [near.recv(100) for _ in packets] == packets
        os.close(end)
        holding.join(30)
        assert not holding.is_alive()
    os.close(input_)


def test_what_is_excluded_is_what_the_suite_knows() -> None:
    known: Any = load_catalogue().releases["4.2"].requirements["dr.sync.independent"]
    assert set(known["namespaces"]) == set(EXCLUDED)


def test_the_encryption_file_holds_its_keys() -> None:
    document = yaml.safe_load(encryption_config(ENCRYPTION_KEY, another_key()))
    (resource,) = document["resources"]
    keys = resource["providers"][0]["aescbc"]["keys"]
    assert [key["name"] for key in keys] == ["key1", "key2"]
    assert {len(base64.b64decode(key["secret"])) for key in keys} == {32}
    assert keys[0]["secret"] == ENCRYPTION_KEY != keys[1]["secret"]


def test_what_is_planted_can_be_told_from_all_else() -> None:
    every = (*PLANTED, *PLANTED_SECRETS)
    assert len(set(every)) == len(every)
    assert all(len(word) >= 20 for word in every)


def test_the_steps_of_a_failover_are_the_guides() -> None:
    names = list(STEPS)
    assert names.index("verify-consistency") < names.index("remove-plugin") < names.index("switch-domain")
    assert names[-1] == "enable-synchronisation"
    assert names[-2] == BEFORE_SYNCHRONISATION
