"""Fonts of the PDF: the layout program brings its own for Latin and Cyrillic; Chinese ones are the machine's.

Where there is none, the package that the extra ``chinese`` installs has them, or ``ACP_FONTS`` names folders of fonts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import typst

_LATIN = "Libertinus Serif"
_MONO = "DejaVu Sans Mono"
_PACKAGE = "pylopdf_fonts_zh_cn"
# As a Chinese document is set: text in Song, headings in Hei.
_SONG = ("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Songti SC", "SimSun")
_HEI = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)


@dataclass(frozen=True)
class Fonts:
    """The fonts that a PDF is set in.

    Attributes:
        folders: where fonts are besides the system's own places.
        body: families of text, the first that has a character is taken.
        heading: likewise, of headings.
        mono: likewise, of ids.
        chinese: there is one with Chinese characters.
    """

    folders: tuple[str, ...]
    body: tuple[str, ...]
    heading: tuple[str, ...]
    mono: tuple[str, ...]
    chinese: bool


def find_fonts() -> Fonts:
    """Look for fonts on this machine."""
    folders = tuple(
        folder for folder in (*os.environ.get("ACP_FONTS", "").split(os.pathsep), _packaged()) if Path(folder).is_dir()
    )
    families = set(typst.Fonts(font_paths=list(folders)).families())
    song = [family for family in _SONG if family in families]
    hei = [family for family in _HEI if family in families]
    return Fonts(
        folders=folders,
        body=(_LATIN, *(song or hei)[:1], _MONO),
        heading=(_LATIN, *(hei or song)[:1], _MONO),
        mono=(_MONO, *(hei or song)[:1]),
        chinese=bool(song or hei),
    )


def _packaged() -> str:
    """Give the folder of the fonts' package; it is only data, so it is not imported."""
    found = util.find_spec(_PACKAGE)
    return str(Path(found.origin).parent) if found is not None and found.origin else os.devnull
