"""Code in the terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from attnquiz.ui.code import code_lines

SOURCE = '''def attend(q, k):
    """缩放点积。"""
    return q @ k.mT / q.size(-1) ** 0.5  # (B, T, S)
'''


def shown(source: str, width: int, color: bool = False, language: str = "python") -> str:
    system = "standard" if color else None
    console = Console(file=io.StringIO(), width=width, force_terminal=color, color_system=system)
    console.print(code_lines(source, language))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_code_is_shown_line_by_line_as_it_is() -> None:
    assert shown(SOURCE, 80) == SOURCE
    assert [line.plain for line in code_lines(SOURCE).lines(80)] == SOURCE.rstrip("\n").split("\n")


def test_a_long_line_goes_on_under_its_indentation() -> None:
    assert shown(SOURCE, 30) == (
        'def attend(q, k):\n    """缩放点积。"""\n    return q @ k.mT /\n    ↪ q.size(-1) ** 0.5  # (B,\n    ↪ T, S)\n'
    )


def test_code_has_only_colours_that_suit_any_background() -> None:
    coloured = shown(SOURCE, 80, color=True)
    codes = {code for part in coloured.split("\x1b[")[1:] for code in part.partition("m")[0].split(";")}
    assert codes == {"0", "1", "2", "32", "35", "36"}


@pytest.mark.parametrize("language", ["python", "bash", "json", "no such language", ""])
def test_hostile_code_is_harmless_in_every_language(language: str) -> None:
    text = shown("x = '\x1b[2J'\r\n\ty\x00\u202e = 1\ud800\n" + "z" * 300 + "\n\n", 40, language=language)
    assert "x = '␛[2J'\n    y␀� = 1�\n" in text
    assert all(cell_len(line) <= 40 for line in text.split("\n"))


def test_empty_code_is_empty() -> None:
    assert shown("", 40).strip() == ""
