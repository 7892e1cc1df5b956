"""What the tests of the inventory share."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any, cast

import pytest

from acp_acceptance.inventory import Inventory, InventoryError, load_inventory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SITE = 'all: {vars: {acp: {release: "4.2", topology: multi_cluster}}}\n'


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Inventory]:
    """Load a text as the file ``site.yml``."""

    def load_text(text: str | bytes, **options: object) -> Inventory:
        file = tmp_path / "site.yml"
        file.write_bytes(dedent(text).encode() if isinstance(text, str) else text)
        return load_inventory(file, **cast("Any", options))

    return load_text


@pytest.fixture
def load_groups(load: Callable[..., Inventory]) -> Callable[..., Inventory]:
    """Load groups, below a site that says the least; the groups begin on line 2."""

    def load_text(groups: str, **options: object) -> Inventory:
        return load(SITE + dedent(groups), **options)

    return load_text


@pytest.fixture
def problems(load: Callable[..., Inventory], tmp_path: Path) -> Callable[..., list[str]]:
    """Load a text that must not load, and give its problems, each without the folder of the file."""

    def failing(text: str | bytes, **options: object) -> list[str]:
        with pytest.raises(InventoryError) as caught:
            load(text, **options)
        return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]

    return failing


@pytest.fixture
def group_problems(problems: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Load groups that must not load, below a site that says the least."""
    return lambda groups, **options: problems(SITE + dedent(groups), **options)
