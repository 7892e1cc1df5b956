"""The examples load, and the reference names every key."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

from acp_acceptance.inventory import Inventory, load_inventory
from acp_acceptance.inventory.nodes import Frozen, Minimum
from acp_acceptance.inventory.site import SiteBlock
from acp_acceptance.inventory.validation import _model_in
from acp_acceptance.requirements import load_catalogue

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "inventories").glob("*.yml"))
DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")


def test_there_are_three_examples() -> None:
    assert [example.name for example in EXAMPLES] == ["multi-cluster-dr.yml", "single-node.yml", "three-nodes.yml"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_loads(example: Path) -> None:
    inventory = load_inventory(example, releases=list(load_catalogue().releases))
    assert Inventory.model_validate_json(inventory.model_dump_json()) == inventory
    assert any(node.installer for node in inventory.nodes)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_reaches_nobody(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    addresses = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b(?!/)|2001:[0-9a-f:]+", text))
    networks = [ipaddress.ip_network(network) for network in DOCUMENTATION]
    assert all(any(ipaddress.ip_address(address) in network for network in networks) for address in addresses)


def keys_of(model: type[Frozen]) -> set[str]:
    """Give every key of a block and of those in it."""
    keys = set(model.model_fields)
    for field in model.model_fields.values():
        inner = _model_in(field.annotation)
        if inner is not None and issubclass(inner, Frozen):
            keys |= keys_of(inner)
    return keys


@pytest.mark.parametrize("key", sorted(keys_of(SiteBlock) | keys_of(Minimum)))
def test_the_reference_names_every_key(key: str) -> None:
    reference = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `([a-z_.*]+\.)?{key}` \|", reference, re.MULTILINE)
