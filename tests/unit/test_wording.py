"""Words for what is observed: in the reader's language, inside sentences and inside each other."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import acp_acceptance
from acp_acceptance.model.pair.health import sick_pods
from acp_acceptance.model.platform.pods import Container, Pod, Pods, PodsOfNamespace
from acp_acceptance.model.wording import wording, wordings
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import LANGUAGES, fields
from acp_acceptance.requirements.judging import OwedRequirement, presentable
from acp_acceptance.requirements.messages import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.requirements.catalogue import Language

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
CRASHING = Container(
    "main", state="waiting", reason="CrashLoopBackOff", restarts=7, last_reason="Error", last_exit_code=1
)
SICK = Pod("dex-0", "Running", since=NOW, containers=(CRASHING,), event="BackOff: again", log=("no database",))
PODS = PodsOfNamespace("cpaas-system", 1, {"Running": 1}, (SICK,))


def said(requirement: str, faults: Iterable[Fault], language: Language, release: str = "4.2") -> str:
    """Say faults as they are said of a record: after they were written and read again."""
    owed = OwedRequirement(load_catalogue().requirements[requirement], "target", {})
    owed.expect_nothing(faults)
    record: list[dict[str, Any]] = json.loads(
        json.dumps([{"sentence": item.sentence, "observed": item.observed} for item in owed.findings])
    )
    return Speaker(load_catalogue(), release, language).observed(owed.definition, record)


class Platform:
    """A cluster of which only the Pods are known."""

    target = "global"
    pods = Pods({"cpaas-system": PODS})


SAID = {
    "en": (
        "namespace cpaas-system is not well: Pod dex-0 CrashLoopBackOff, since 2026-11-21 12:00 UTC, "
        "main last ended with Error (1), 7 restarts, last event: BackOff: again, last log line: no database"
    ),
    "ru": (
        "неисправно: пространство имён cpaas-system: под dex-0 CrashLoopBackOff, с 2026-11-21 12:00 UTC, "
        "последнее завершение main: Error (1), перезапусков: 7, последнее событие: BackOff: again, "
        "последняя строка журнала: no database"
    ),
    "zh": (
        "命名空间 cpaas-system 异常：异常 Pod：dex-0 CrashLoopBackOff、自 2026-11-21 12:00 UTC 起、"
        "main 上次退出：Error（1）、重启 7 次、最近事件：BackOff: again、最后一行日志：no database"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_of_another_requirement_is_said_in_the_language_of_the_report(language: Language) -> None:
    platform: Any = Platform()
    assert said("dr.workloads.healthy", sick_pods(platform, NOW, timedelta()), language) == SAID[language]


def test_words_may_hold_words() -> None:
    shared = wording("shared", identity=wording("mac-address"), peer="cp-2")
    assert str(shared) == "MAC address with cp-2"
    faults: list[Fault] = [("shared", {"shared": [shared, wording("shared", identity="hostname", peer="cp-3")]})]
    assert said("preflight.between.hostname-unique", faults, "ru") == (
        "общее с другими узлами: MAC-адрес (с cp-2), hostname (с cp-3)"
    )


def test_what_a_cluster_says_is_never_taken_for_words() -> None:
    labels = {"wording": "since", "values": "{time}"}
    assert presentable(labels) == ["wording: since", "values: {time}"]
    values = presentable(wording("last-event", event="{time} \x1b[31m <b>"))
    assert values == {"wording": "last-event", "values": {"event": "{time} \\x1b[31m <b>"}}


def test_a_sentence_of_another_requirement_is_readable_without_the_catalogue() -> None:
    assert str(wording("postinstall.nodes.ready/not_ready", status="False", reason="x")) == "not ready; False; x"


@pytest.mark.parametrize("name", wordings())
def test_each_is_in_all_languages_with_the_same_names_and_used(name: str) -> None:
    texts = wordings()[name]
    assert set(texts) == set(LANGUAGES)
    assert len({frozenset(fields(text)) for text in texts.values()}) == 1
    sources = Path(acp_acceptance.__file__).parent.rglob("model/**/*.py")
    assert any(re.search(f'"{name}"', source.read_text(encoding="utf-8")) for source in sources)
