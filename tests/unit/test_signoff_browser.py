"""The report in a real browser: accessible by axe-core's rules, working under its own content security policy."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from browsers import BROWSER, axe, browse, needs
from signoffs import page, record, rich_record, swap_on

if TYPE_CHECKING:
    from pathlib import Path

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
JUDGE = """
document.querySelectorAll("details").forEach((one) => { one.open = true; });
axe.run().then((found) => {
  const said = found.violations.map((one) => [one.impact, one.id, one.nodes.map((node) => node.html.slice(0, 120))]);
  document.body.replaceChildren();
  document.body.dataset.found = JSON.stringify([said, found.passes.length]);
});
"""


def judged_by_axe(folder: Path, source: str, *arguments: str) -> list[Any]:
    """Give what axe-core finds, having made sure that it found its rules to be met elsewhere."""
    # The page's own policy would keep axe-core out, which another test makes sure of.
    assert POLICY.search(source)
    opened = POLICY.sub("", source).replace("</body>", f"<script>{axe()}</script><script>{JUDGE}</script></body>")
    file = folder / "page.html"
    file.write_text(opened, encoding="utf-8")
    dom = browse(file, "--dump-dom", "--window-size=1280,1024", *arguments)
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, dom[-500:]
    violations, passed = json.loads(html.unescape(found[1]))
    assert passed > 20
    return list(violations)


@pytest.mark.parametrize(
    "arguments",
    [
        ["en"],
        ["zh", "--blink-settings=preferredColorScheme=0"],
        ["ru", "--window-size=390,844"],
    ],
    ids=["light", "dark", "phone"],
)
def test_people_with_a_keyboard_or_a_screen_reader_can_use_it(tmp_path: Path, arguments: list[Any]) -> None:
    needs(BROWSER, modules=True)
    language, *rest = arguments
    assert judged_by_axe(tmp_path, page(rich_record(), language), *rest) == []


def test_axe_finds_what_is_wrong(tmp_path: Path) -> None:
    needs(BROWSER, modules=True)
    source = page(record([swap_on()])).replace("<main>", '<main><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')
    assert [item[1] for item in judged_by_axe(tmp_path, source)] == ["image-alt"]


def test_under_its_policy_our_script_runs_and_no_other(tmp_path: Path) -> None:
    needs(BROWSER)
    file = tmp_path / "page.html"
    source = page(rich_record()).replace("</main>", '</main><script>document.title = "changed"</script>')
    file.write_text(source, encoding="utf-8")
    dom = browse(file, "--dump-dom")
    assert 'class="find" hidden' in source
    assert 'class="find" hidden' not in dom  # our script shows the field
    assert "<title>changed</title>" not in dom


def test_what_is_printed_names_every_target(tmp_path: Path) -> None:
    needs(BROWSER)
    file, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    file.write_text(page(record([swap_on(f"node-{number}") for number in range(17)])), encoding="utf-8")
    browse(file, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    with pypdfium2.PdfDocument(paper) as pdf:
        text = " ".join(pdf[number].get_textpage().get_text_bounded() for number in range(len(pdf)))
    assert "node-16" in text
    assert "swap is on" in text
