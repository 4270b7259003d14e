"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Lang(StrEnum):
    en = "en"
    zh = "zh"


def choose_lang(context: typer.Context, lang: Lang | None) -> Lang | None:
    if lang is not None:
        context.obj.lang_asked = lang.value
    return lang


LangOption = Annotated[
    Lang | None,
    typer.Option(
        "--lang", help="Language of everything shown; the locale decides when left out.", callback=choose_lang
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Refs = Annotated[
    list[str] | None, typer.Argument(metavar="[REF]...", help="Sections, questions or cards: 4.7, 4.7.1, 4.7.1/f1.")
]
Ref = Annotated[str, typer.Argument(metavar="REF", help="A section, question or card: 4.7, 4.7.1, 4.7.1/f1.")]
CardArgument = Annotated[str, typer.Argument(metavar="CARD", help="A card: 4.7.1, 4.7.1/f1, 4.7.1/code.")]
