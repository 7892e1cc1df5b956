"""The report's cover: what was judged, when, by whom, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.results import Outcome, Results, blocks

if TYPE_CHECKING:
    from acp_acceptance.reporting.signoff.words import Words

_TONES = {"accepted": "ok", "not accepted": "failed"}
_SHOWN = ("failed", "broken", "waived", "passed", "not_applicable", "not_run")


@dataclass(frozen=True)
class Fact:
    """A line of the cover; ``missing`` where nobody said it."""

    name: str
    value: str
    missing: bool = False


@dataclass(frozen=True)
class Count:
    """How many verdicts have an outcome."""

    outcome: str
    text: str
    count: int


@dataclass(frozen=True)
class Cover:
    """The cover.

    Attributes:
        heading: the report's title.
        subject: what was judged, in one line.
        verdict: in capitals.
        tone: kind of cell that its colour is of.
        because: why the verdict is so, one sentence each.
        facts: customer to record.
        counts: verdicts by outcome, without those that there are none of.
    """

    heading: str
    subject: str
    verdict: str
    tone: str
    because: tuple[str, ...]
    facts: tuple[Fact, ...]
    counts: tuple[Count, ...]


def cover_of(results: Results, words: Words, digest: str, next_step: str = "") -> Cover:
    """Make the cover.

    Args:
        results: the record.
        words: of the report's language.
        digest: SHA-256 of the record's file; empty where there is none.
        next_step: what is to be done next after a failover; empty where nothing is.
    """
    site = results.site
    stages = ", ".join(words(f"stage-{stage}") for stage in results.scope.stages) or words("area-")
    return Cover(
        heading=words("title"),
        subject=f"{words('platform')} {site.release} · {stages}",
        verdict=phrase(results.verdict, words.language),
        tone=_TONES.get(results.verdict, "advice"),
        because=(*_because(results, words), *([f"{words('next')}{words('colon')}{next_step}"] if next_step else [])),
        facts=tuple(_facts(results, words, stages, digest)),
        counts=tuple(
            Count(name, words.outcome(name), results.counts[name]) for name in _SHOWN if results.counts.get(name)
        ),
    )


def _because(results: Results, words: Words) -> list[str]:
    because = []
    if results.run.crashed:
        because.append(words("says-crashed"))
    if results.verdict == "not accepted":
        against = [verdict.outcome for verdict in results.verdicts if blocks(verdict)]
        failed, broken = against.count(Outcome.FAILED), against.count(Outcome.BROKEN)
        if against:
            because.append(words("says-not-accepted", failed=failed, broken=broken))
    else:
        because.append(words(f"says-{results.verdict.replace(' ', '-')}"))
    if results.run.interrupted:
        because.append(phrase("interrupted", words.language))
    if not results.site.release_verified:
        because.append(phrase("unverified", words.language, release=results.site.release))
    return because + [printable(words.partial(reason)) for reason in results.scope.partial]


def _facts(results: Results, words: Words, stages: str, digest: str) -> list[Fact]:
    site, run, scope = results.site, results.run, results.scope
    facts = [
        _stated(words, "customer", site.customer),
        _stated(words, "contract", site.contract),
        Fact(words("site"), printable(site.name)),
        Fact(words("release"), words("release-value", release=site.release)),
        Fact(words("stage"), stages),
    ]
    if site.topology:
        facts.append(Fact(words("topology"), words.known(f"topology-{site.topology}", site.topology)))
    for cluster in results.clusters:
        version = printable(cluster.version) or words("unknown")
        nodes = words("unknown") if cluster.nodes is None else cluster.nodes
        server = printable(cluster.server)
        said = words("cluster-value", name=cluster.name, server=server, version=version, nodes=nodes)
        facts.append(Fact(words("cluster"), said))
    facts += _times(results, words)
    if run.offline:
        facts.append(Fact(words("snapshot"), _utc(run.snapshot_taken)))
    allowed = words("active-yes", name=printable(run.active_allowed_by)) if run.active else words("active-no")
    checks = sum(results.counts.values())
    facts += [
        Fact(words("operator"), words("operator-value", user=printable(run.user), runner=printable(run.runner))),
        Fact(words("active"), allowed),
        Fact(
            words("scope"),
            words("scope-value", judged=scope.judged_targets, targets=scope.targets, checks=checks),
        ),
        Fact(words("tool"), f"acp-acceptance {run.tool}"),
    ]
    if digest:
        facts.append(Fact(words("record"), words("record-value", digest=digest)))
    return facts


def _stated(words: Words, name: str, value: str | None) -> Fact:
    return Fact(words(name), printable(value) if value else words("not-stated"), missing=not value)


def _times(results: Results, words: Words) -> list[Fact]:
    """Give the run's time where it was run, and in UTC."""
    started, finished = _moment(results.run.started), _moment(results.run.finished)
    local = _moment(results.run.started_local)
    if not started or not finished:
        return []
    facts = []
    if local:
        offset = f"{local:%z}"
        span = _span(words, local, finished.astimezone(local.tzinfo))
        facts.append(Fact(words("time-local"), f"{span} (UTC{offset[:3]}:{offset[3:5]})"))
    utc = _span(words, started.astimezone(timezone.utc), finished.astimezone(timezone.utc))
    return [*facts, Fact(words("time-utc"), utc)]


def _span(words: Words, start: datetime, end: datetime) -> str:
    shown = f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return words("time-span", start=f"{start:%Y-%m-%d %H:%M:%S}", end=shown)


def _utc(text: str) -> str:
    moment = _moment(text)
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC" if moment else printable(text)


def _moment(text: str) -> datetime | None:
    """Read a time of the record; ``None`` where there is none, as in records of older versions."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
