"""Files that are odd, broken, hostile or large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from acp_acceptance.inventory import InventoryError, load_inventory, yaml_nodes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acp_acceptance.inventory import Inventory

    Load = Callable[..., Inventory]
    Problems = Callable[..., list[str]]

SITE = 'all: {vars: {acp: {release: "4.2", topology: multi_cluster}}}\n'
NODE = "control_plane: {hosts: {cp-1: }}\n"


@pytest.fixture(params=["libyaml", "python"])
def _each_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        monkeypatch.setattr(yaml_nodes, "_Loader", yaml.SafeLoader)


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": is empty; inventories/ has examples"),
        ("# nothing\n", ": is empty"),
        ("---\n", ": is empty"),
        ("~\n", ": is empty"),
        ("- a\n- b\n", ":1: holds no groups; write a mapping that begins with all:"),
        ("hello\n", ":1: holds no groups"),
        ("all:\n\tvars:\n", ":2: a tab stands here; indent with spaces"),
        ("all:\n  vars:\n\t  x: 1\n", ":3: a tab stands here; indent with spaces"),
        ("all:\n  a: @x\n", ":2: a character that YAML reserves (@, ` or %) begins a value here; quote the value"),
        ("all:\n  a: b: c\n", ":2: a colon where none can stand"),
        ("all:\n  a: 'b\n", ":2: a quote is opened here and never closed"),
        ("all:\n  a: [b\n  c: d\n", ":2: a list in [brackets] is not closed"),
        ("all:\n  a: {b\n  c: d\n", ":2: "),
        ("all:\n  a: 1\n b: 2\n", ":3: "),
        ("all:\n  a: 1\nb\n", ": a key without a colon; write key: value"),
        ("all:\n  a: *x\n", ":2: an alias (*name) of which no anchor (&name) stands before it"),
        ("all: &a\n  b: *a\n", ":2: an alias (*name) of which no anchor"),
        ("all:\n  a: *\n", ":2: a value that begins with * or & is quoted in YAML"),
        ("all: 1\n---\nall: 2\n", ":2: a second document begins here (---)"),
        ("all: \x00\n", ":1: a control character stands here; remove it"),
        ("all:\n  a: \x07\n", ":2: a control character stands here; remove it"),
        (b"all: \xff\n", ":1: is no UTF-8 text; save the file as UTF-8"),
        ("all:\n".encode("utf-16"), ":1: is no UTF-8 text; save the file as UTF-8"),
        ("a: \u0443\u0437\u0435\u043b\n".encode("cp1251"), ":1: is no UTF-8 text"),
        ("[control_plane]\ncp-1 ansible_host=192.0.2.1\n", ": is an inventory in Ansible's INI form; make a YAML one"),
        ("cp-1\n\n[all:vars]\nx=1\n", ": is an inventory in Ansible's INI form"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", ":1: the whole file is encrypted"),
        ("[" * 100_000, ":1: nested more than 64 levels deep; no inventory needs that"),
        ("".join(" " * depth + "a:\n" for depth in range(1000)), ":65: nested more than 64 levels deep"),
    ],
)
def test_a_broken_file_is_a_problem_with_its_line(problems: Problems, text: str | bytes, said: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"site.yml{said}") if said.startswith(":") and said[1:2].isdigit() else said in problem


@pytest.mark.usefixtures("_each_parser")
def test_a_byte_order_mark_does_no_harm(load: Load) -> None:
    assert load(b"\xef\xbb\xbf" + (SITE + NODE).encode()).nodes


@pytest.mark.usefixtures("_each_parser")
def test_windows_line_ends_do_no_harm(load: Load) -> None:
    assert load((SITE + NODE).replace("\n", "\r\n").encode()).nodes


def test_json_is_yaml_too(load: Load) -> None:
    assert load(
        '{"all": {"vars": {"acp": {"release": "4.2", "topology": "single_node"}}},'
        ' "worker": {"hosts": {"a": {"ansible_port": 2222}}}}'
    ).nodes


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"none\.yml: cannot be read: No such file"):
        load_inventory(tmp_path / "none.yml")
    with pytest.raises(InventoryError, match="cannot be read: Is a directory"):
        load_inventory(tmp_path)


def test_a_file_above_eight_mebibytes_is_not_read(problems: Problems) -> None:
    assert problems(b"#" * (8 * 2**20 + 1)) == ["site.yml: is larger than 8 MiB; is it the right file?"]


def aliases(levels: int, last: str) -> str:
    """Give variables of which each names the one before it ten times."""
    lines = [f"    v0: &v0 {last}"]
    lines += [f"    v{n}: &v{n} [{', '.join([f'*v{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        # In a variable that nobody uses.
        f"all:\n  vars:\n    acp: {{release: '4.2', topology: single_node}}\n{aliases(30, 'x')}\n{NODE}",
    ],
)
def test_an_alias_bomb_that_nobody_uses_is_no_matter(load: Load, text: str) -> None:
    assert load(text).nodes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"all:\n  vars:\n{aliases(30, 'x')}\n    acp: {{storage: *v29}}\n{NODE}", "aliases may multiply it"),
        (f"all:\n  vars:\n{aliases(30, 'x')}\n    ansible_port: *v29\n{SITE[5:-2]}\n", ""),
        (
            "all:\n  vars:\n    m0: &m0 {a: 1}\n"
            + "".join(f"    m{n}: &m{n} {{<<: *m{n - 1}, k{n}: 1}}\n" for n in range(1, 500))
            + "    acp: {<<: *m499}\n",
            "merge keys (<<) multiply this file",
        ),
        (
            "all:\n  children:\n    g0: &g0 {hosts: }\n"
            + "".join(f"    g{n}: &g{n} {{children: {{a{n}: *g{n - 1}, b{n}: *g{n - 1}}}}}\n" for n in range(1, 200)),
            "for an inventory; is it the right file?",
        ),
        (
            "".join(f"g{n}: {{children: {{g{n + 1}: }}}}\n" for n in range(9000)),
            "groups nested too deeply, for an inventory",
        ),
        (
            "g9000: {hosts: {a: }}\n" + "".join(f"g{n}: {{children: {{g{n + 1}: }}}}\n" for n in range(8999, 0, -1)),
            "groups nested too deeply, for an inventory",
        ),
        ("h: &h {'n[0:9999]': }\n" + "".join(f"g{n}: {{hosts: *h}}\n" for n in range(50)), "more than 10000 hosts"),
    ],
)
def test_a_file_that_multiplies_itself_is_given_up(problems: Problems, text: str, said: str) -> None:
    assert said in "\n".join(problems(text))


def test_two_thousand_hosts_load(tmp_path: Path) -> None:
    hosts = "".join(
        f"    node-{number}:\n      ansible_host: 10.0.{number // 250}.{number % 250}\n      rack: r{number}\n"
        for number in range(2000)
    )
    file = tmp_path / "large.yml"
    file.write_text(f"{SITE}worker:\n  vars: {{ansible_user: root}}\n  hosts:\n{hosts}")
    inventory = load_inventory(file)
    assert len(inventory.nodes) == 2000


def test_ten_thousand_broken_hosts_are_reported(problems: Problems) -> None:
    found = problems(f"{SITE}worker: {{vars: {{ansible_port: x}}, hosts: {{'n[1:10000]': {{ansible_user: -x}}}}}}\n")
    assert len(found) == 2
