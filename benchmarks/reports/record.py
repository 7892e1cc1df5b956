"""The record of a large site, made of the requirements there are: most nodes are well, some have faults."""

from __future__ import annotations

from acp_acceptance.reporting.results import (
    Finding,
    Outcome,
    Results,
    Run,
    Scope,
    Site,
    Verdict,
    counts,
    sign_off,
)
from acp_acceptance.requirements import load_catalogue

RELEASE = "4.2"
_EVERY_FAULT = 17
_EVERY_SILENCE = 29


def large_record(nodes: int, requirements: int) -> Results:
    """Give the record of ``nodes`` nodes by ``requirements`` requirements; a third of what was seen differs by node."""
    catalogue = load_catalogue()
    owed = [
        item
        for item in catalogue.owed_by(RELEASE)
        # Those whose sentences name no value of a single node.
        if item.target == "node" and item.stage == "preflight" and "[" not in f"{item.asks.en}{item.remedy}"
    ]
    chosen = [owed[number % len(owed)] for number in range(requirements)]
    verdicts = []
    for number, requirement in enumerate(chosen):
        sentence = next(iter(requirement.unmet))
        for node in range(nodes):
            verdict = Verdict(
                # Beyond those there are, ids of a newer catalogue stand in.
                requirement=requirement.id + ("-next" if number >= len(owed) else ""),
                kind="node",
                target=f"node-{node:04d}.dc-2.example.com",
                severity=requirement.severity,
                outcome=Outcome.PASSED,
                values=catalogue.releases[RELEASE].requirements[requirement.id],
                evidence={"found": f"value of node {node}"} if number % 3 == 0 else {"found": []},
                test=f"tests_preflight/test_area.py::test_name[node-{node:04d}]",
            )
            if (node + number) % _EVERY_FAULT == 0:
                verdict.outcome = Outcome.FAILED
                verdict.findings = [Finding(sentence=sentence, observed={"name": f"fault of {node % 5}"})]
            elif (node * number) % _EVERY_SILENCE == 1:
                verdict.outcome, verdict.problem = Outcome.BROKEN, "unreachable"
                verdict.reason = "the node did not answer within 90 s"
            verdicts.append(verdict)
    scope = Scope(stages=["preflight"], targets=nodes, judged_targets=nodes)
    return Results(
        verdict=sign_off(verdicts, scope, crashed=False),
        run=Run(
            started="2026-11-21T08:00:00+00:00",
            finished="2026-11-21T08:03:00+00:00",
            user="engineer",
            runner="laptop",
            tool="0.1.0",
            offline=False,
            snapshot_taken="2026-11-21T08:00:00+00:00",
        ),
        site=Site(
            name="large",
            release=RELEASE,
            release_verified=True,
            topology="multi_cluster",
            customer="Example Bank",
            contract="ACP-2026-17",
        ),
        scope=scope,
        counts=counts(verdicts),
        verdicts=verdicts,
    )
