"""Empty packages, which are built and installed with the real package managers: for databases, and for faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SPEC = """%define debug_package %{nil}
Name: lab
Version: 1
Release: 1
Summary: empty packages for the lab
License: none
%description
The lab's.
"""


def write_debs(folder: Path, packages: dict[str, str]) -> None:
    """Write the trees that ``dpkg-deb --build`` takes, one for each package.

    Each has one configuration file, so that dpkg has something to keep when the package is removed.
    """
    for name, version in packages.items():
        setting = f"etc/default/{name}"
        files = {
            "DEBIAN/control": f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: The lab <lab@example.com>\nDescription: empty, for the lab\n",
            "DEBIAN/conffiles": f"/{setting}\n",
            setting: "# empty, for the lab\n",
        }
        for path, content in files.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_text(content, encoding="utf-8")


def write_spec(path: Path, packages: dict[str, str]) -> None:
    """Write one spec file of which ``rpmbuild`` makes all the packages."""
    words = [_SPEC]
    for name, full in packages.items():
        version, _, release = full.rpartition("-")
        words.append(
            f"%package -n {name}\nVersion: {version}\nRelease: {release}\nSummary: empty, for the lab\n"
            f"%description -n {name}\nEmpty.\n%files -n {name}\n"
        )
    path.write_text("\n".join(words), encoding="utf-8")
