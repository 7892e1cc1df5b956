"""The Core Package on the installer node: what lies there, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.layout import ClusterLayout, PlannedPackage
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.sections import Section


_ARCHITECTURES = {"x86_64": "x86", "aarch64": "arm"}
_CORE = "installer-core-"
_MOST_FILES = 50
_GOOD, _BAD, _NO_COMMAND = "0", "1", "127"


@dataclass(frozen=True)
class PackageFile:
    """A package as it was downloaded; ``size`` in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """Its name without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Extensions:
    """A package of extensions.

    Attributes:
        found: how many of the first files in it lie unpacked in the Core Package's folder.
        looked: how many of them were looked for; 0 where it could not be read.
    """

    path: str
    found: int
    looked: int


@dataclass(frozen=True)
class Package:
    """What lies on the installer node.

    Attributes:
        files: packages as they were downloaded.
        named_file: the file that the inventory names is there; ``None`` where it names none.
        unpacked: the installer is unpacked in the folder.
        extensions: packages of extensions among the files.
    """

    files: tuple[PackageFile, ...]
    named_file: bool | None
    unpacked: bool
    extensions: tuple[Extensions, ...]

    @property
    def found(self) -> bool:
        """Something of a Core Package is there."""
        return self.unpacked or any(file.name.startswith(_CORE) for file in self.files)


@dataclass(frozen=True)
class PackageProof:
    """What a package was compared with on the node.

    Attributes:
        checksum: hexadecimal digits; ``None`` where none was asked for.
        signature: ``good``, ``bad``, or why that is not known; empty where no signature was looked at.
    """

    checksum: str | None
    signature: str


def parse_package(section: Section) -> Package:
    """Read what was found in the package's folder.

    Raises:
        CollectionError: the node was not asked, or the folder or file cannot be looked at.
    """
    if "folder" in section.absent:
        raise CollectionError("it is looked for on the installer node only", kind="not-collected")
    _is_there(section, "folder")
    files = dict.fromkeys(_file(line) for line in section.lines("files")[:_MOST_FILES])
    extensions = []
    for line in section.lines("extensions")[:_MOST_FILES]:
        found, looked, path = line.split(" ", 2)
        extensions.append(Extensions(printable(path), int(found), int(looked)))
    return Package(
        files=tuple(files),
        named_file=_is_there(section, "file") if "file" in section.parts else None,
        unpacked=any(line.endswith("/setup.sh") for line in section.lines("unpacked")),
        extensions=tuple(extensions),
    )


def _is_there(section: Section, name: str) -> bool:
    part = section.parts.get(name)
    if part is not None and part.status and "No such file" in part.error:
        return False
    section.text(name)
    return True


def _file(line: str) -> PackageFile:
    size, _, path = line.partition(" ")
    return PackageFile(printable(path), int(size))


def parse_package_proof(section: Section) -> PackageProof:
    """Read checksum and signature.

    Raises:
        CollectionError: they were asked for, and could not be made.
    """
    if section.status is None:
        raise CollectionError("the package was not read to its end; give it more time: --acp-deadline", kind="deadline")
    checksum = section.text("checksum").split()[0].lower() if _asked(section, "checksum") else None
    if checksum is not None and not re.fullmatch("[0-9a-f]{32,64}", checksum):
        raise CollectionError("the checksum program printed no checksum", kind="unparsable")
    signature = _signature(section.lines("signature")) if _asked(section, "signature") else ""
    return PackageProof(checksum, signature)


def _asked(section: Section, name: str) -> bool:
    return name in section.parts or name in section.absent


def _signature(lines: list[str]) -> str:
    status = lines[-1].removeprefix("status ") if lines else ""
    if status == _GOOD:
        return "good"
    if status == _BAD and any("BAD signature" in line for line in lines):
        return "bad"
    if status == _NO_COMMAND:
        return "gpgv is not installed there"
    return printable("; ".join(lines[:-1]) or "gpgv said nothing", limit=300)


def core_package(package: Package, planned: PlannedPackage) -> PackageFile:
    """Give the Core Package: the file that the inventory names, or the only one that is called like one.

    Raises:
        CollectionError: there are none, or several.
    """
    if planned.file is not None:
        candidates = [file for file in package.files if file.path == planned.file]
    else:
        candidates = [file for file in package.files if file.name.startswith(_CORE)]
    if len(candidates) != 1:
        found = ", ".join(file.path for file in candidates) or "only what is unpacked"
        raise CollectionError(
            f"which Core Package it is, is not known (there: {found}); name it: package.file", kind="unsaid"
        )
    return candidates[0]


def misnamed(file: PackageFile, planned: PlannedPackage, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Give what is wrong with the Core Package by its name.

    Args:
        file: the Core Package.
        planned: what the inventory says of it.
        values: ``pattern`` of the name with groups ``release`` and ``architecture``; ``name_fixed``, whether the guide
            gives that name; ``release``.
    """
    match = re.fullmatch(values["pattern"], file.name)
    if match is None:
        if values["name_fixed"]:
            yield "name", {"file": file.name}
        return
    if match["release"] != values["release"]:
        yield "release", {"file": file.name, "release": match["release"]}
    if planned.architecture not in {None, match["architecture"]}:
        yield "planned_architecture", {"file": file.name, "architecture": planned.architecture}


def unfit_architecture(
    file: PackageFile, planned: PlannedPackage, pattern: str, nodes: Mapping[str, NodeFacts]
) -> Iterator[Fault]:
    """Give the nodes whose architecture the Core Package does not hold.

    Raises:
        CollectionError: the package's architecture, or a node's, is not known.
    """
    match = re.fullmatch(pattern, file.name)
    architecture = match["architecture"] if match else planned.architecture
    if architecture is None:
        raise CollectionError(
            f"the architecture of {file.name} is not known; say it: package.architecture", kind="unsaid"
        )
    others = []
    for name, facts in nodes.items():
        machine = facts.kernel.machine
        if architecture not in {"hybrid", _ARCHITECTURES.get(machine, machine)}:
            others.append(f"{name} ({machine})")
    if others:
        yield "architecture", {"file": file.name, "architecture": architecture, "nodes": others}


def misplaced_extensions(package: Package, when: str) -> Iterator[Fault]:
    """Give packages of extensions that are not unpacked when they should be, or are when they should not.

    Args:
        package: what lies on the node.
        when: ``before`` the installation they are unpacked beside the Core Package, or only ``after`` it.

    Raises:
        CollectionError: one of them could not be read.
    """
    for item in package.extensions:
        if not package.unpacked and when == "before":
            continue
        if not item.looked:
            raise CollectionError(
                f"{item.path} could not be read, so whether it is unpacked is not known", kind="unclear"
            )
        if when == "before" and item.found < item.looked:
            yield "extensions_missing", {"file": item.path}
        if when == "after" and item.found == item.looked:
            yield "extensions_early", {"file": item.path}


def disproved(file: PackageFile, planned: PlannedPackage, proof: PackageProof) -> Iterator[Fault]:
    """Give the proofs that the package fails."""
    kind, _, wanted = (planned.checksum or "").partition(":")
    if proof.checksum is not None and proof.checksum != wanted:
        yield "checksum", {"file": file.name, "kind": kind, "checksum": proof.checksum, "wanted": wanted}
    if proof.signature == "bad":
        yield "signature", {"file": file.name}


def require_proof(planned: PlannedPackage, proof: PackageProof, *, needed: bool) -> None:
    """Make sure that the package was compared with what the inventory gives.

    Args:
        planned: what the inventory says.
        proof: what was compared.
        needed: the release's guide asks for a signature or a checksum.

    Raises:
        CollectionError: it was not.
    """
    if planned.checksum and proof.checksum is None:
        raise CollectionError("the checksum was not made", kind="not-collected")
    if proof.checksum is not None or proof.signature == "good":
        return
    if planned.signature:
        why = proof.signature or "the inventory does not say package.keyring, the file of the public keys"
        raise CollectionError(f"the signature was not verified: {why}")
    if needed:
        raise CollectionError("the inventory says neither package.checksum nor package.signature", kind="unsaid")


def of_installer(layout: ClusterLayout, nodes: Mapping[str, NodeFacts]) -> NodeFacts:
    """Give the facts of the installer node.

    Raises:
        CollectionError: it is not named, or not among the nodes that were chosen.
    """
    installer = layout.installer
    if installer.name not in nodes:
        raise CollectionError(f"the installer node {installer.name} is not among the chosen ones", kind="not-collected")
    return nodes[installer.name]
