"""Collections on disk for the tests of content."""

from __future__ import annotations

from pathlib import Path

SOUND = Path(__file__).parent / "data/collection"  # one finished question, two drafts, no problem


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Write files by their path inside a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
