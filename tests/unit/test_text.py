from __future__ import annotations

import pytest

from acp_acceptance.model.text import printable, redacted, version_numbers


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("nul\0byte", "nul\\x00byte"),
        ("right\u202eto left", "right\\u202eto left"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Узел 节点", "Узел 节点"),
        ("\udcff", "\\udcff"),
    ],
)
def test_hostile_text_is_shown_and_does_nothing(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


def test_long_text_is_cut() -> None:
    assert len(printable("x" * 10_000_000, limit=100)) == 100


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "PASSWD: hunter2",
        "db_password='hunter2 x'",
        "token=hunter2,",
        "https://me:hunter2@host/",
        "api-key = hunter2",
    ],
)
def test_values_of_secrets_are_taken_out(text: str) -> None:
    assert "hunter2" not in redacted(text)
    assert "hunter2" not in printable(text)


def test_version_numbers_end_at_the_first_letter() -> None:
    assert version_numbers("5.15.0-56-generic") == (5, 15, 0, 56)
    assert version_numbers("4.19.90-52.22.v2207.ky10.x86_64") == (4, 19, 90, 52, 22)
    assert version_numbers("none") == ()
