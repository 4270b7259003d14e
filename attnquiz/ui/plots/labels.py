"""Labels cut or filled to a number of cells."""

from __future__ import annotations

from rich.cells import cell_len

from attnquiz.ui.cjk import clusters


def fitted(label: str, width: int, right: bool = False) -> str:
    """Exactly `width` cells of a label; what is cut off leaves an ellipsis where there is room for one."""
    if cell_len(label) > width:
        mark = "…" if width > 3 else ""
        label = _beginning(label, width - len(mark)) + mark
    room = " " * (width - cell_len(label))
    return room + label if right else label + room


def _beginning(label: str, width: int) -> str:
    cells = start = 0
    for _, end, wide in clusters(label):
        if cells + wide > width:
            break
        cells += wide
        start = end
    return label[:start]
