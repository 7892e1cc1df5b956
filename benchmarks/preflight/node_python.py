"""A Python for the nodes: a layer over their file tree, since lab nodes have none and Ansible needs one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import built

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKAGES = (
    "python3-minimal",
    "python3.11-minimal",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "libexpat1",
)
_RECIPE = (_PACKAGES, "compiled")


@cache
def python_layer(say: Callable[[str], None]) -> Path:
    """Give the layer; downloads Debian's packages the first time.

    Raises:
        subprocess.CalledProcessError: apt on this machine does not have them; the nodes' tree is a Debian bookworm,
            and so the machine must be one.
    """
    return built("benchmark-python", _RECIPE, _build, say)


def _build(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        subprocess.run(["apt-get", "-q", "download", *_PACKAGES], cwd=place, check=True, capture_output=True)
        for package in sorted(Path(place).glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True, capture_output=True)
    # The nodes' /lib is a link to /usr/lib, and a folder of the layer would hide it.
    shutil.copytree(folder / "lib", folder / "usr" / "lib", symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(folder / "lib")
    # As an installed one is, or each first import would compile.
    compiling = [f"{folder}/usr/bin/python3.11", "-m", "compileall", "-q", f"{folder}/usr/lib/python3.11"]
    subprocess.run(
        [*compiling, "-s", str(folder)], env={"PYTHONHOME": str(folder / "usr")}, check=True, capture_output=True
    )
