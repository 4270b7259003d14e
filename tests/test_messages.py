"""Both languages say the same things."""

import re
from string import Formatter

import pytest

from attnquiz.ui.messages import MESSAGES, Speech


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_have_the_same_values(key: str) -> None:
    en, zh = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in MESSAGES[key])
    assert en == zh


@pytest.mark.parametrize("key", [key for key, (_, zh) in MESSAGES.items() if re.search("[\u4e00-\u9fff]", zh)])
def test_chinese_uses_full_width_punctuation(key: str) -> None:
    assert not re.search("[\u4e00-\u9fff][,;:!?]", MESSAGES[key][1])


def test_intervals_are_said_in_days_months_and_years() -> None:
    say = Speech("en")
    assert [say.interval(days) for days in (0, 1, 59, 90, 800)] == ["this session", "1 d", "59 d", "3 mo", "2.2 y"]
    assert Speech("zh").interval(3) == "3 天"
