from __future__ import annotations

from importlib import resources

import pytest

from acp_acceptance.collect.probe import SCRIPT_FILES
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.sections import PART_LIMIT, read_probe

NONCE = "acp-1234"


def probe(*lines: str) -> bytes:
    return "".join(
        f"\n{NONCE} {line}\n" if line.startswith(("section", "part", "done", "absent", "end", "say")) else line
        for line in lines
    ).encode()


def test_sections_and_parts_are_taken_apart() -> None:
    output = read_probe(
        probe(
            "say rights root", "section a", "part x", "one\ntwo\n", "done x 0", "absent y", "end a 0", "say complete"
        ),
        b"",
        NONCE,
    )
    assert output.complete
    assert output.words["rights"] == "root"
    assert output.sections["a"].text("x") == "one\ntwo\n"
    assert output.sections["a"].optional("y") is None


def test_content_without_a_last_line_feed_is_kept_as_it_is() -> None:
    assert (
        read_probe(probe("section a", "part x", "no end", "done x 0", "end a 0"), b"", NONCE).sections["a"].text("x")
        == "no end"
    )


def test_banners_before_the_first_marker_are_no_part_of_it() -> None:
    output = read_probe(b"Welcome!\nacp-0000 section fake\n" + probe("section a", "end a 0"), b"", NONCE)
    assert list(output.sections) == ["a"]


def test_content_cannot_imitate_a_marker() -> None:
    faked = "acp-9999 done x 0\nacp-9999 section b\nsay complete\n"
    output = read_probe(probe("section a", "part x", faked, "done x 0", "end a 0"), b"", NONCE)
    assert list(output.sections) == ["a"]
    assert not output.complete


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["section a", "part x", "half"], "was cut"),
        (["section a", "part x", "all\n", "done x 3", "end a 0"], "exit status 3"),
        (["section a", "absent x", "end a 0"], "does not exist"),
        (["section a", "end a timeout"], "ended before"),
    ],
)
def test_what_was_not_read_whole_is_not_measured(lines: list[str], why: str) -> None:
    section = read_probe(probe(*lines), b"", NONCE).sections["a"]
    with pytest.raises(CollectionError, match=why):
        section.text("x")


def test_errors_of_a_part_are_said_on_one_line() -> None:
    out = probe("section a", "part x", "", "done x 1", "end a 0")
    err = probe("section a", "part x", "cat: /x: Permission\x1b[31m denied\nmore\n")
    section = read_probe(out, err, NONCE).sections["a"]
    with pytest.raises(CollectionError, match=r"Permission\\x1b\[31m denied more"):
        section.text("x")


def test_bytes_that_are_no_text_are_replaced() -> None:
    out = (
        f"\n{NONCE} section a\n\n{NONCE} part x\n".encode()
        + b"\xff\xfe\0"
        + f"\n{NONCE} done x 0\n\n{NONCE} end a 0\n".encode()
    )
    assert read_probe(out, b"", NONCE).sections["a"].text("x") == "\ufffd\ufffd\0"


def test_a_file_that_fills_the_limit_was_cut() -> None:
    long = "x" * PART_LIMIT
    output = read_probe(
        probe("section a", "part x", long, "done x 0", "part y", "short", "done y 0", "end a 0"), b"", NONCE
    )
    with pytest.raises(CollectionError, match="was cut"):
        output.sections["a"].text("x")
    assert output.sections["a"].text("y") == "short"


def test_each_file_of_the_script_is_sent_once() -> None:
    folder = resources.files("acp_acceptance.collect") / "script"
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{name}.sh" for name in SCRIPT_FILES)
