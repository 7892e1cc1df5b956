"""Why something could not be measured, said to people: every kind of it, in every language and report."""

from __future__ import annotations

import ast
import string
import sys
from pathlib import Path

import pytest

import acp_acceptance
from acp_acceptance.cli import main
from acp_acceptance.model.measurement import PROBLEM_KINDS, CollectionError, Problem, problem_of
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.reporting.problems import texts, trouble_of, unmeasured_message
from acp_acceptance.reporting.results import Outcome, Results
from acp_acceptance.reporting.signoff import Document
from acp_acceptance.reporting.summary import one_line
from acp_acceptance.reporting.terminal import TerminalReport
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import LANGUAGES, Language
from signoffs import Page, record, swap_on, verdict

SOURCE = Path(acp_acceptance.__file__).parent
RAISED = {"CollectionError", "Problem", "ApiError"}


def kinds_given(tree: ast.AST) -> set[str]:
    """Give the kinds that a module gives to what it raises or puts in a fact's place."""
    given: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            given += [word.value for word in node.keywords if word.arg == "kind"]
            given += node.args[:1] if node.func.id != "CollectionError" else []
        elif (isinstance(node, ast.AnnAssign) and "ProblemKind" in ast.unparse(node.annotation) and node.value) or (
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "kind"
        ):
            given.append(node.value)
    return {item.value for item in given if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def unmeasured(target: str = "cp-1", problem: str = "deadline", **more: object) -> Results:
    """Give a record of one required check that could not be measured."""
    return record([verdict(target, Outcome.BROKEN, reason="no answer after 5 s", problem=problem, **more)])


# mypy makes sure that nothing else than these kinds is given anywhere.


def test_every_kind_has_a_sentence_and_a_next_step_in_every_language() -> None:
    assert set(texts()) == PROBLEM_KINDS
    for kind, text in texts().items():
        assert text.keys() - {"next-node"} == {"says", "next"}, kind
        for name, said in text.items():
            assert len(said) == len(set(said)) == len(LANGUAGES), (kind, name)
            assert all(line and line[-1] not in ".。" for line in said), (kind, name)


def test_no_text_has_a_place_that_nobody_fills() -> None:
    said = [line for text in texts().values() for lines in text.values() for line in lines]
    assert {name for line in said for _, name, _, _ in string.Formatter().parse(line) if name is not None} == set()


def test_every_kind_is_used() -> None:
    given = {kind for file in SOURCE.rglob("*.py") for kind in kinds_given(ast.parse(file.read_text(encoding="utf-8")))}
    assert given >= PROBLEM_KINDS


# --- how a kind comes from where it is known to the record


def test_a_facts_problem_keeps_its_kind_and_says_the_fact() -> None:
    facts = NodeFacts("cp-1", {"swap": Problem("no-rights", "denied")})
    with pytest.raises(CollectionError, match=r"^swap: denied$") as raised:
        _ = facts.swap
    assert problem_of(raised.value) == Problem("no-rights", "swap: denied")
    assert problem_of(OSError("\x1b[31mno")) == Problem("unreadable", "\\x1b[31mno")


def test_a_recording_with_a_kind_of_another_version_can_be_read() -> None:
    document = {"swap": {"problem": {"kind": "of-tomorrow", "reason": "no"}}, "boot": {"problem": {"kind": "deadline", "reason": "late"}}}  # fmt: skip
    assert NodeFacts.from_json("cp-1", document).problems() == {
        "swap": Problem("unreadable", "no"),
        "boot": Problem("deadline", "late"),
    }


def test_what_was_said_of_an_error_is_not_its_reason() -> None:
    error = CollectionError("no", kind="empty")
    error.said = "cp-1: nothing. Next: look"
    assert (str(error), error.reason) == ("cp-1: nothing. Next: look", "no")


# --- how it is said


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "cp-1: it did not end in the time it was given: no answer after 5 s. Next: see what is slow"),
        ("ru", "cp-1: не завершилось за отведённое время: no answer after 5 s. Далее: выясните"),
        ("zh", "cp-1：未在规定时间内完成：no answer after 5 s。下一步：查明"),
    ],
)
def test_sentence_then_detail_then_next_step(language: Language, message: str) -> None:
    assert unmeasured_message(unmeasured().verdicts[0], language).startswith(message)


def test_what_to_do_about_a_node_is_not_what_to_do_about_a_cluster() -> None:
    (node,) = unmeasured(problem="unreachable").verdicts
    (cluster,) = unmeasured(problem="unreachable", kind="platform").verdicts
    assert "ssh NODE" in trouble_of(node, "en").next
    assert "kubectl" in trouble_of(cluster, "en").next


@pytest.mark.parametrize(
    ("language", "step"), [("en", "Next: fix"), ("ru", "Далее: устраните"), ("zh", "下一步：排除")]
)
@pytest.mark.parametrize("problem", ["", "of-tomorrow"])
def test_a_record_without_a_known_kind_is_said_as_it_was(language: Language, step: str, problem: str) -> None:
    said = unmeasured_message(unmeasured(problem=problem).verdicts[0], language)
    assert "no answer after 5 s" in said
    assert step in said
    (finding,) = Document(unmeasured(problem=problem), load_catalogue(), language).lists[0].findings
    assert (finding.seen[0].observed, finding.seen[0].detail) == ("no answer after 5 s", "")


def test_the_terminal_says_it_with_all_targets_and_waivers(capsys: pytest.CaptureFixture[str]) -> None:
    found = [*unmeasured("cp-1").verdicts, *unmeasured("cp-2").verdicts]
    TerminalReport(record(found), load_catalogue(), "ru").write(sys.stdout, colours=False, width=100)
    assert "cp-1, cp-2: не завершилось за отведённое время: no answer after 5 s. Далее: " in capsys.readouterr().out


def test_a_waiver_of_what_could_not_be_measured_says_what_it_covers() -> None:
    (covered,) = unmeasured().verdicts
    covered.outcome = Outcome.WAIVED
    document = Document(record([covered]), load_catalogue(), "ru")
    assert document.waived is not None
    (finding,) = document.waived.findings
    assert finding.seen[0].observed == "не завершилось за отведённое время"
    assert finding.next.startswith("выясните")


def test_one_line_says_what_stands_in_the_way_most_often() -> None:
    verdicts = [
        *unmeasured("cp-1").verdicts,
        *(item for name in ("cp-2", "cp-3") for item in unmeasured(name, "no-rights").verdicts),
        *unmeasured("cp-4", "").verdicts,
        swap_on("cp-5"),
    ]
    line = one_line(record(verdicts), 1, None, "en")
    assert "; not measured: it takes root rights on the node (2), it did not end in the time it was given (1); " in line
    assert "not measured:" not in one_line(record([swap_on()]), 1, None, "en")


def test_a_saved_run_says_it_in_another_language(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(unmeasured().model_dump_json(by_alias=True), encoding="utf-8")
    command = ["report", str(tmp_path), "--lang=ru", "--format=html", f"--output={tmp_path / 'out'}"]
    assert main(command) == 0
    source = (tmp_path / "out" / "report.ru.html").read_text(encoding="utf-8")
    text = Page(source).text
    assert text.index("не завершилось за отведённое время") < text.index("no answer after 5 s") < text.index("выясните")
    assert '<p class="detail" lang="en">no answer after 5 s</p>' in source
