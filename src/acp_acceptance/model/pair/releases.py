"""Whether both clusters run the same: release, Kubernetes, architecture, plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.resources import MODULE_CLUSTER, MODULE_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.platform import PlatformFacts


_MODULE_TYPE = "cpaas.io/module-type"


def release_of(platform: PlatformFacts) -> str:
    """Give the platform's release, as ProductBase ``base`` says it.

    Raises:
        CollectionError: it does not.
    """
    base = platform.product_bases.items.get("base")
    if base is None or not base.version:
        raise CollectionError(f"ProductBase base of {platform.target} does not say its version", kind="unclear")
    return base.version


def kubernetes_of(platform: PlatformFacts) -> str:
    """Give the release of Kubernetes.

    Raises:
        CollectionError: this user may not know it.
    """
    server = platform.api_server
    if not server.version:
        raise CollectionError(
            f"the version of Kubernetes of {platform.target} is not known: {server.unknown.get('version', 'not said')}",
            kind="unclear",
        )
    return server.version


def architectures_of(platform: PlatformFacts) -> tuple[str, ...]:
    """Give the architectures of the nodes, in order.

    Raises:
        CollectionError: they were not listed, or one does not say its own.
    """
    nodes = platform.nodes
    require_whole(nodes)
    found = {node.architecture for node in nodes.items.values()}
    if not found or "" in found:
        raise CollectionError(f"not every node of {platform.target} says its architecture", kind="incomplete")
    return tuple(sorted(found))


def plugins_of(platform: PlatformFacts, ignored: Collection[str]) -> Mapping[str, str]:
    """Give the cluster plugins of ``global`` and their versions, by name.

    Args:
        platform: of one cluster.
        ignored: those that one side alone is to have.

    Raises:
        CollectionError: they were not listed.
    """
    modules = platform.module_infos
    require_whole(modules)
    return {
        name: item.version or item.wanted_version
        for item in modules.items.values()
        if (labels := item.labels or {}).get(_MODULE_TYPE) == "plugin"
        and labels.get(MODULE_CLUSTER) == "global"
        and (name := labels.get(MODULE_NAME, "")) not in {"", *ignored}
    }


def unlike(primary: PlatformFacts, standby: PlatformFacts) -> Iterator[Fault]:
    """Give releases of the platform and of Kubernetes that differ.

    Raises:
        CollectionError: one is not known.
    """
    for sentence, of in (("release", release_of), ("kubernetes", kubernetes_of)):
        here, there = of(primary), of(standby)
        if here != there:
            yield sentence, {"primary": here, "standby": there}


def unlike_machines(primary: PlatformFacts, standby: PlatformFacts, package: str) -> Iterator[Fault]:
    """Give that both sides have machines of different architectures, and not the package for both.

    Args:
        primary: of one side.
        standby: of the other.
        package: architecture of the Core Package, as the inventory has it; empty where it does not say.

    Raises:
        CollectionError: architectures are not known; or they differ, and the inventory does not name the package.
    """
    here, there = architectures_of(primary), architectures_of(standby)
    if here == there or package == "hybrid":
        return
    if not package:
        raise CollectionError(
            f"the nodes are {', '.join(here)} on the primary and {', '.join(there)} on the standby, and the inventory "
            "does not say package.architecture, which must then be hybrid",
            kind="unsaid",
        )
    yield "architecture", {"primary": here, "standby": there, "package": package}


def unlike_plugins(primary: PlatformFacts, standby: PlatformFacts, ignored: Collection[str]) -> Iterator[Fault]:
    """Give plugins that only one side has, or in another version.

    Raises:
        CollectionError: they were not listed.
    """
    here, there = plugins_of(primary, ignored), plugins_of(standby, ignored)
    if missing := here.keys() - there.keys():
        yield "plugin_missing", {"plugins": sorted(missing)}
    if extra := there.keys() - here.keys():
        yield "plugin_extra", {"plugins": sorted(extra)}
    for name in sorted(here.keys() & there.keys()):
        if here[name] != there[name]:
            yield (
                "plugin_version",
                {"plugin": name, "primary": here[name] or "(not said)", "standby": there[name] or "(not said)"},
            )
