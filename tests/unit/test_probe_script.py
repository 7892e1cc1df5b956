"""The probe's script in each shell that this machine has: dash is in Debian, others may be."""

from __future__ import annotations

import shutil
import subprocess
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.collect.probe import make_probe
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.sections import Section, read_probe

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = [
    shell for shell in (["sh"], ["bash"], ["busybox", "sh"], ["ksh93"], ["mksh"], ["yash"]) if shutil.which(shell[0])
]
each_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


def framed(shell: list[str], lines: str) -> Section:
    """What some lines of a section print, with the probe's own words for it."""
    frames = (resources.files("acp_acceptance.collect") / "script" / "frames.sh").read_text(encoding="utf-8")
    script = f"nonce=acp-n\n{frames}\nmark section s\nmark section s >&2\n{lines}\nmark end s $?\n"
    done = subprocess.run([*shell, "-s"], input=script.encode(), capture_output=True, check=True)
    return read_probe(done.stdout, done.stderr, "acp-n").sections["s"]


@each_shell
def test_whole_script_is_understood(shell: list[str]) -> None:
    script = make_probe(become=None).script.split(b"\n", 1)[1]
    # Kornshell also says what it thinks of the style.
    done = subprocess.run([*shell, "-n"], input=script, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@each_shell
@pytest.mark.parametrize("content", ["6.1.0-17-amd64\n", "1", " spaced  \\n \n", "first\nsecond\n"])
def test_line_is_the_first_of_a_file(shell: list[str], content: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(content)
    section = framed(shell, f"line name {tmp_path}/file")
    assert section.text("name") == content.partition("\n")[0] + "\n"


@each_shell
def test_line_of_no_file_is_absent(shell: list[str], tmp_path: Path) -> None:
    assert framed(shell, f"line name {tmp_path}/file").absent == {"name"}


@each_shell
def test_line_that_cannot_be_read_says_why(shell: list[str], tmp_path: Path) -> None:
    section = framed(shell, f"line before /proc/version\nline name {tmp_path}")
    assert section.text("before")
    with pytest.raises(CollectionError, match=r"name could not be read \(exit status 1\): head: "):
        section.text("name")


@each_shell
@pytest.mark.parametrize("word", ["brief", "command_"])
def test_command_is_framed_with_its_status(shell: list[str], word: str) -> None:
    section = framed(
        shell, f"{word} good echo told\n{word} bad sh -c 'echo said; echo why >&2; exit 3'\n{word} no no-such"
    )
    assert section.text("good") == "told\n"
    assert section.absent == {"no"}
    with pytest.raises(CollectionError, match=r"bad could not be read \(exit status 3\): why"):
        section.text("bad")
