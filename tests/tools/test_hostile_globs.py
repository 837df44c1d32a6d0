"""Patterns that a regular expression would read as something of its own."""

import re
import warnings

import pytest

from tui.tools.globs import parse_glob
from tui.trust.forbidden import translate


@pytest.mark.parametrize("pattern", ["[a--b]", "[--]", "[+--]", "[!--a]", "[a||b]", "[a&&b]", "[a~~b]", "[[a]"])
def test_sets_of_characters_are_read_without_a_warning(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse_glob(pattern)
        re.compile(translate(pattern))


def test_a_range_up_to_a_dash_is_a_range() -> None:
    assert parse_glob("[+--]").matches(",")
    assert not parse_glob("[+--]").matches("a")
