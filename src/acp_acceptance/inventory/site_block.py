"""Reads the site's block, ``acp`` under ``all.vars``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from acp_acceptance.inventory.nodes import Frozen
from acp_acceptance.inventory.site import (
    Cluster,
    ClusterBlock,
    ClusterPlan,
    ClusterRole,
    DrPlan,
    DrSettings,
    Site,
    SiteBlock,
    SiteSettings,
)
from acp_acceptance.inventory.validation import BlockValidator
from acp_acceptance.inventory.wording import listed, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from acp_acceptance.inventory.document import Block, Data, Entry

ONLY_CLUSTER = "global"
"""Name of the cluster of a site that names none."""

KEY = "all.vars.acp"
_RESERVED = ("all", "ungrouped", "control_plane", "worker", "installer")
_PASSWORD = re.compile(r"pass(word|wd|phrase)?", re.IGNORECASE)
_LONGEST_FOLDER_NAME = 60
_FrozenT = TypeVar("_FrozenT", bound=Frozen)


def read_site(
    entry: Entry | None, block: Block, path: Path, *, release: str | None, releases: Sequence[str]
) -> Site | None:
    """Read the site; None where that cannot be done, with the reasons noted.

    Args:
        entry: the block.
        block: reads it.
        path: the inventory's file.
        release: instead of the one that the file names.
        releases: the releases that are known; none means that any will do.
    """
    if entry is None:
        block.problems.add(
            None, KEY, 'is missing; write at least all: {vars: {acp: {release: "4.2", topology: single_cluster}}}'
        )
        return None
    data, lines = block.data(entry.value, KEY)
    validator = BlockValidator(KEY, data, lines, block.problems)
    _refuse_passwords(data, (), validator)
    if release is not None and isinstance(data, dict):
        data["release"] = release
    site_block = validator.make(SiteBlock, folder=path.parent.absolute())
    if site_block is None:
        return None
    if words := unknown_release(site_block.release, releases):
        validator.add(("release",), words)
    clusters = _clusters(site_block, validator)
    return Site(
        **_fields(site_block, SiteSettings),
        name=site_block.name or folder_name(path.stem),
        release=site_block.release,
        topology=site_block.topology,
        clusters=clusters,
        dr=_recovery_plan(site_block, clusters, validator),
    )


def unknown_release(release: str, releases: Sequence[str]) -> str:
    """Say that a release is not known, and which are; empty where it is."""
    if not releases or release in releases:
        return ""
    of_same_line = [known for known in releases if release.startswith(f"{known}.")]
    meant = f"; did you mean {of_same_line[0]}?" if of_same_line else ""
    return f"{shown(release)} is no release of ACP that is known here; write one of {listed(releases)}{meant}"


def folder_name(text: str) -> str:
    """Make a name that is safe as a folder's name."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip(".-")[:_LONGEST_FOLDER_NAME] or "site"


def _refuse_passwords(data: Data, place: tuple[str | int, ...], validator: BlockValidator) -> None:
    """Take passwords out of the block, so that no later message can show them."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            _refuse_passwords(item, (*place, index), validator)
    elif isinstance(data, dict):
        for name in list(data):
            if _PASSWORD.fullmatch(name) and data[name] is not None:
                del data[name]
                validator.add(
                    (*place, name),
                    "a password stands in the file; remove it, write password_from: NAME_OF_ENVIRONMENT_VARIABLE, "
                    "and give it there",
                )
            else:
                _refuse_passwords(data[name], (*place, name), validator)


def _clusters(block: SiteBlock, validator: BlockValidator) -> dict[str, Cluster]:
    if block.clusters is None:
        return {ONLY_CLUSTER: Cluster(name=ONLY_CLUSTER, **_fields(block, ClusterPlan))}
    if not block.clusters:
        validator.add(("clusters",), "names no cluster; write their names, or leave the key out for a single one")
    for key in ClusterPlan.model_fields.keys() & block.model_fields_set - {"parameters"}:
        place = f"clusters.{next(iter(block.clusters), 'NAME')}.{key}"
        validator.add((key,), f"belongs to each cluster where the site names clusters; write it as {place}")
    clusters = {}
    for name, cluster in block.clusters.items():
        if name in _RESERVED:
            validator.add(("clusters", name), "is a group with a meaning of its own; give the cluster another name")
        fields = _fields(cluster, ClusterBlock)
        fields["parameters"] = _overridden(block.parameters, cluster.parameters)
        clusters[name] = Cluster(name=name, **fields)
    return clusters


def _overridden(defaults: _FrozenT, own: _FrozenT) -> _FrozenT:
    """Give ``own`` with the defaults where it says nothing, field by field, also within blocks."""
    values: dict[str, Any] = {}
    for name in type(own).model_fields:
        value, default = getattr(own, name), getattr(defaults, name)
        if isinstance(value, Frozen):
            values[name] = _overridden(default, value)
        else:
            values[name] = default if value is None else value
    return own.model_copy(update=values)


def _recovery_plan(block: SiteBlock, clusters: dict[str, Cluster], validator: BlockValidator) -> DrPlan | None:
    by_role = {cluster.role: name for name, cluster in clusters.items() if cluster.role is not None}
    if len(clusters) == 1 and not by_role:
        if block.dr is not None:
            validator.add(
                ("dr",), "needs a pair of clusters; write both under clusters:, with role: primary and standby"
            )
        return None
    roles = sorted(cluster.role.value if cluster.role else "none" for cluster in clusters.values())
    if roles != ["primary", "standby"]:
        validator.add(
            ("clusters",),
            f"several clusters are a disaster recovery pair; write two, one with role: primary and one with "
            f"role: standby (here are: {listed(roles)})",
        )
        return None
    return DrPlan(
        primary=by_role[ClusterRole.PRIMARY],
        standby=by_role[ClusterRole.STANDBY],
        **_fields(block.dr or DrSettings(), DrSettings),
    )


def _fields(model: Frozen, kind: type[Frozen]) -> dict[str, Any]:
    return {name: getattr(model, name) for name in kind.model_fields}
