"""What is to be done on which node, and in which order."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.grouping import alike
from acp_acceptance.reporting.results import Finding, Outcome, Results, Verdict
from acp_acceptance.reporting.signoff.voice import Voice

if TYPE_CHECKING:
    from acp_acceptance.requirements.catalogue import Catalogue

_PLACE = re.compile(r"@([a-z_]+)@")
# What is observed comes from a node that nobody vouches for: one plain line, or a person looks at it.
_PLAIN = re.compile(r"[ -~]{1,300}")


class Recipe(BaseModel):
    """How one way of not meeting a requirement is mended; see ``recipes.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    switch: str = ""
    warning: str = ""
    reboot: bool = False

    @model_validator(mode="after")
    def _says_why(self) -> Recipe:
        if bool(self.switch) != bool(self.warning):
            raise ValueError("a switch has a warning")
        return self


@dataclass(frozen=True)
class Remedy:
    """What is to be done about one finding on one node.

    Attributes:
        node: where.
        requirement: that is not met.
        title: of the requirement.
        observed: what was found instead.
        words: what a person would do.
        script: POSIX sh that does it; empty where only a person can.
        switch: must say yes before it is done; empty where nothing can go wrong by it.
        warning: why.
        reboot: it is in force only after a reboot.
    """

    node: str
    requirement: str
    title: str
    observed: str
    words: str
    script: str = ""
    switch: str = ""
    warning: str = ""
    reboot: bool = False


@cache
def recipes() -> dict[str, dict[str, Recipe]]:
    """Give the recipes by requirement and sentence."""
    text = (resources.files(__package__) / "recipes.yaml").read_text(encoding="utf-8")
    return {
        requirement: {sentence: Recipe.model_validate(recipe) for sentence, recipe in found.items()}
        for requirement, found in yaml.safe_load(text).items()
    }


def remedies_of(results: Results, catalogue: Catalogue) -> dict[str, list[Remedy]]:
    """Give what is to be done, by node: required before advised, in the catalogue's order; waived failures are left."""
    voice = Voice(results, catalogue, "en")
    failed = [item for item in results.verdicts if item.kind == "node" and item.outcome is Outcome.FAILED]
    ordered = sorted(failed, key=lambda item: item.severity != "required")
    found: dict[str, list[Remedy]] = {}
    for verdict in ordered:
        known = found.setdefault(verdict.target, [])
        scripts = {remedy.script for remedy in known if remedy.script}
        known += [remedy for remedy in _remedies(verdict, voice) if not remedy.script or remedy.script not in scripts]
    return found


def _remedies(verdict: Verdict, voice: Voice) -> list[Remedy]:
    """Give a remedy for each way in which a requirement is not met; a site's own check has only its own words."""
    groups = alike(verdict.findings, key=lambda finding: _sentence(verdict, finding)) or [[]]
    return [_remedy(verdict.model_copy(update={"findings": group}), voice) for group in groups]


def _sentence(verdict: Verdict, finding: Finding) -> str:
    of_requirement = recipes().get(verdict.requirement, {})
    return finding.sentence if finding.sentence in of_requirement or "any" not in of_requirement else "any"


def _remedy(verdict: Verdict, voice: Voice) -> Remedy:
    remedy = Remedy(
        node=verdict.target,
        requirement=printable(verdict.requirement),
        title=voice.title(verdict),
        observed=voice.observed(verdict),
        words=voice.next_step(verdict) or "see what it says, and mend that",
    )
    sentence = _sentence(verdict, verdict.findings[0]) if verdict.findings else ""
    recipe = recipes().get(verdict.requirement, {}).get(sentence)
    script = _filled(recipe.run, verdict) if recipe else ""
    if recipe is None or not script:
        return remedy
    return Remedy(
        **{name: getattr(remedy, name) for name in ("node", "requirement", "title", "observed", "words")},
        script=script,
        switch=recipe.switch,
        warning=" ".join(recipe.warning.split()),
        reboot=recipe.reboot,
    )


def _filled(script: str, verdict: Verdict) -> str:
    """Put in what was observed, quoted; empty where it was not, or is nothing to be put into a script."""
    filling: dict[str, str] = {}
    for name in _PLACE.findall(script):
        values = list(dict.fromkeys(map(str, _values(name, verdict))))
        if not values or not all(_PLAIN.fullmatch(value) for value in values):
            return ""
        filling[name] = shlex.join(values)
    return _PLACE.sub(lambda place: filling[place[1]], script)


def _values(name: str, verdict: Verdict) -> list[Any]:
    given = [finding.observed.get(name, verdict.values.get(name)) for finding in verdict.findings]
    return [item for value in given if value is not None for item in (value if isinstance(value, list) else [value])]
