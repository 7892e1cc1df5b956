"""The index over all runs of a site: what it shows, and what it takes from nobody."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.cli import main
from acp_acceptance.reporting import history
from acp_acceptance.reporting.overview import as_page, write_index
from acp_acceptance.requirements.catalogue import LANGUAGES
from browsers import BROWSER, axe, browse, needs
from signoffs import Page

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def runs(site: Path, count: int, stage: str = "preflight", **changed: Any) -> None:
    site.mkdir(exist_ok=True)
    for number in range(count):
        entry = {
            "started": START + timedelta(hours=number),
            "finished": START + timedelta(hours=number, minutes=1),
            "stage": stage,
            "release": "4.2",
            "verdict": "accepted" if number % 2 else "not accepted",
            "status": 0,
            "counts": {"passed": 10, "failed": number % 5, "broken": number % 3},
            "measurements": {"lag_seconds": number / 4},
            "folder": f"{stage}-{number}",
            **changed,
        }
        history.append(history.history_file(site, stage), history.Entry(**entry))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_runs_are_shown_newest_first_with_their_reports(tmp_path: Path, language: Any) -> None:
    site = tmp_path / "moscow"
    runs(site, 3)
    runs(site, 2, "dr")
    (site / "preflight-2").mkdir()
    for name in ("report.ru.html", "report.ru.pdf", "report.<b>.html", "results.json"):
        (site / "preflight-2" / name).write_text("")
    found = Page(as_page(site, language))
    links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
    assert links == ["preflight-2/report.ru.html", "preflight-2/report.ru.pdf"]
    assert found.text.index("2026-01-01 02:00") < found.text.rindex("2026-01-01 01:00")
    assert "moscow" in found.text
    bars = [attributes for tag, attributes in found.elements if tag == "rect"]
    assert len(bars) == 3 * (3 + 2)
    assert sum(tag == "polyline" for tag, _ in found.elements) == 2


def test_long_histories_are_cut_and_say_so(tmp_path: Path) -> None:
    runs(tmp_path / "s", 230)
    text = Page(as_page(tmp_path / "s", "en")).text
    assert "Older runs in the history: 30." in text
    assert "Runs: 60, oldest first; the newest: 4 failed, 1 not measured" in text


@pytest.mark.parametrize("folder", ["../secret", "/etc", "..", ".", "a/b", "<img src=x>", ""])
def test_a_history_leads_nowhere_else(tmp_path: Path, folder: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "report.en.html").write_text("")
    site = tmp_path / "s"
    runs(site, 1, folder=folder, release="<script>", measurements={"<b>": 1.0, "x": -1e300})
    elements = Page(as_page(site, "en")).elements
    assert [attributes for tag, attributes in elements if tag in {"a", "script", "img", "b"}] == []


def test_the_index_is_made_anew_by_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs(tmp_path / "s", 1)
    assert main(["index", str(tmp_path / "s"), "--lang=zh"]) == 0
    assert "站点运行记录" in (tmp_path / "s" / "index.html").read_text(encoding="utf-8")
    assert {path.name for path in (tmp_path / "s").iterdir()} == {"history", "index.html"}
    assert main(["index", str(tmp_path)]) == 4
    assert "has no history" in capsys.readouterr().err


def test_people_with_a_screen_reader_can_use_the_index(tmp_path: Path) -> None:
    needs(BROWSER, modules=True)
    runs(tmp_path / "s", 9)
    runs(tmp_path / "s", 2, "postinstall")
    file = write_index(tmp_path / "s", "en")
    (tmp_path / "s" / "preflight-8").mkdir()
    judge = "axe.run().then((found) => { document.title = JSON.stringify(found.violations.map((one) => one.id)); });"
    source = file.read_text(encoding="utf-8").replace("default-src 'none';", "").replace("style-src", "x-src")
    opened = tmp_path / "opened.html"
    opened.write_text(
        source.replace("</body>", f"<script>{axe()}</script><script>{judge}</script></body>"), encoding="utf-8"
    )
    assert "<title>[]</title>" in browse(opened, "--dump-dom")
