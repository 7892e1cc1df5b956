"""The catalogue's data, and that requirement and check belong together one to one."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.dimensions import Dimensions
from acp_acceptance.inventory import IpFamily, Topology
from acp_acceptance.plan import targets_of
from acp_acceptance.requirements.catalogue import LANGUAGES, fields, load_catalogue
from acp_acceptance.requirements.conditions import judge
from pairs import pair_inventory
from recorded import site_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.inventory import Inventory
    from acp_acceptance.requirements.catalogue import Requirement

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue()
REQUIREMENTS = list(CATALOGUE.requirements.values())


def checks() -> Iterator[tuple[Path, ast.FunctionDef, list[str]]]:
    """All tests that verify a requirement, with the ids they name."""
    for file in sorted(ROOT.glob("tests_*/test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                (decorator,) = [item for item in node.decorator_list if isinstance(item, ast.Call)]
                yield file, node, [ast.literal_eval(argument) for argument in decorator.args]


CHECKS = list(checks())


def test_every_requirement_has_one_check_and_every_check_a_requirement() -> None:
    verified = Counter(name for _, _, ids in CHECKS for name in ids)
    assert verified == Counter(CATALOGUE.requirements.keys())


def test_checks_stand_in_the_folder_of_their_stage() -> None:
    for file, _, ids in CHECKS:
        assert {f"tests_{name.split('.')[0]}" for name in ids} == {file.parent.name}


def test_checks_are_short_and_hold_no_condition() -> None:
    for file, node, _ in CHECKS:
        assert len(node.body) <= 10, (file, node.name)
        assert not [item for item in ast.walk(node) if isinstance(item, (ast.If, ast.Try, ast.While))], (
            file,
            node.name,
        )


def literal_sentences(node: ast.FunctionDef) -> Iterator[tuple[str, set[str]]]:
    """Sentences a check names, with the values it gives them."""
    for call in ast.walk(node):
        stated = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "expect"
        if stated and isinstance(call.args[1], ast.Constant):
            yield str(call.args[1].value), {str(keyword.arg) for keyword in call.keywords}


@pytest.mark.parametrize(("file", "node", "ids"), CHECKS, ids=[node.name for _, node, _ in CHECKS])
def test_a_check_names_sentences_of_the_catalogue_and_gives_the_values_they_use(
    file: Path, node: ast.FunctionDef, ids: list[str]
) -> None:
    for sentence, given in literal_sentences(node):
        for name in ids:
            unmet = CATALOGUE.requirements[name].unmet
            assert sentence in unmet, (file, sentence)
            assert fields(unmet[sentence].says.en) <= given, (file, sentence)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.id)
def test_every_text_of_a_requirement_is_translated(requirement: Requirement) -> None:
    texts = [requirement.title, requirement.why, requirement.asks, requirement.remedy.words]
    texts += [sentence.says for sentence in requirement.unmet.values()]
    texts += [sentence.remedy.words for sentence in requirement.unmet.values() if sentence.remedy]
    for text in texts:
        assert all(text.in_language(language).strip() for language in LANGUAGES)
        assert re.search("[а-яё]", text.ru, re.IGNORECASE), text.ru
        assert re.search("[\u4e00-\u9fff]", text.zh), text.zh


@pytest.mark.parametrize("release", list(CATALOGUE.releases))
@pytest.mark.parametrize("topology", list(Topology))
@pytest.mark.parametrize("family", list(IpFamily))
def test_conditions_and_rules_name_only_dimensions_that_there_are(
    release: str, topology: Topology, family: IpFamily
) -> None:
    inventory = site_of("a", "b", release=release, topology=topology.value)
    inventory = inventory.model_copy(update={"site": inventory.site.model_copy(update={"ip_family": family})})
    judge_all(inventory, release)


@pytest.mark.parametrize("release", list(CATALOGUE.releases))
def test_so_do_those_of_a_pair(release: str, tmp_path: Path) -> None:
    inventory = pair_inventory(tmp_path, lambda site: site.update(release=release))
    judge_all(inventory, release)
    assert {target.kind for target in targets_of(inventory)} >= {"side", "pair"}


def judge_all(inventory: Inventory, release: str) -> None:
    """Judge all conditions on all targets; one that names no dimension that there is raises."""
    for target in targets_of(inventory):
        dimensions = Dimensions(inventory, target)
        for requirement in CATALOGUE.owed_by(release):
            if requirement.target == target.kind:
                judge(requirement.when, dimensions)
                for value in CATALOGUE.releases[release].requirements[requirement.id].values():
                    rules = value.get("rules", value.get("union", [])) if isinstance(value, dict) else []
                    for rule in rules:
                        judge(rule.get("when", {}), dimensions)


@pytest.mark.parametrize("release", list(CATALOGUE.releases))
@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.id)
def test_what_is_asked_uses_values_that_the_release_gives(release: str, requirement: Requirement) -> None:
    values = CATALOGUE.releases[release].requirements.get(requirement.id)
    if values is not None:
        assert {name.partition("[")[0] for name in fields(requirement.asks.en)} <= values.keys()


def test_a_release_without_a_guide_is_said_to_be_not_verified() -> None:
    assert {release.release for release in CATALOGUE.releases.values() if not release.verified} == {"4.3"}


def test_the_guides_figures_of_a_control_plane_node() -> None:
    """The figures that people look up most, by hand from the guides."""
    from acp_acceptance.requirements.values import choose  # noqa: PLC0415

    def asked(release: str, name: str, topology: str, **more: object) -> object:
        dimensions = {
            "topology": topology,
            "role": frozenset({"control_plane"}),
            "machine": "x86_64",
            "managed_clusters": 0,
        }
        dimensions |= {"minimum_cores": None, "minimum_gigabytes": None} | more
        given = {key: (lambda value=value: value) for key, value in dimensions.items()}
        (value,) = choose(CATALOGUE.releases[release].requirements[f"preflight.capacity.{name}"], given).values()
        return value

    assert asked("4.0", "cpu-cores", "single_node") == 16
    assert asked("4.2", "cpu-cores", "single_node") == 12
    assert asked("4.1", "memory", "single_node") == 32
    assert asked("4.2", "memory", "single_cluster") == 16
    assert asked("4.2", "cpu-cores", "multi_cluster", managed_clusters=50) == 16
    assert asked("4.2", "memory", "multi_cluster", managed_clusters=51) == 48
    assert asked("4.3", "cpu-cores", "multi_cluster", managed_clusters=500) == 32
    assert asked("4.0", "cpu-cores", "multi_cluster", role=frozenset({"worker"})) == 12
    assert asked("4.1", "cpu-cores", "multi_cluster", machine="aarch64") == 12
    assert asked("4.2", "memory-advised", "single_cluster", machine="aarch64") == 32
    assert asked("4.0", "memory-advised", "multi_cluster") == 32


@pytest.mark.parametrize("release", list(CATALOGUE.releases))
def test_questions_are_translated_and_get_the_values_they_use(release: str) -> None:
    asked = CATALOGUE.releases[release].questions
    assert asked.keys() <= CATALOGUE.questions.keys()
    for name, values in asked.items():
        question = CATALOGUE.questions[name]
        assert fields(question.asks.en) == values.keys()
        assert question.source in CATALOGUE.releases[release].sections
        assert re.search("[а-яё]", question.asks.ru)
        assert re.search("[\u4e00-\u9fff]", question.asks.zh)


def test_every_question_is_asked_by_a_release() -> None:
    assert {name for release in CATALOGUE.releases.values() for name in release.questions} == set(CATALOGUE.questions)
