"""Masking over a corpus: secrets vanish whole, look-alikes stay, streams give what whole texts give."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.secret_corpus import BENIGN, RANDOM, VENDORS, WORDS, Row, made, pem, secret_rows
from tui.core import secrets
from tui.core.secret_lines import LONGEST
from tui.core.secret_names import LABEL, Strength, name_strength
from tui.core.secrets import StreamMasker, mask, mask_value

ROWS = tuple(secret_rows())
KNOWN = 'q"x/' + made(12) + " é"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {KNOWN})


def test_the_corpus_is_big_enough() -> None:
    assert len(ROWS) >= 150
    assert len(BENIGN) >= 120
    assert all(row.leaks(row.text) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text[:30])
def test_nothing_of_a_secret_is_left(row: Row) -> None:
    masked = mask(row.text)
    assert "[masked:" in masked
    assert not row.leaks(masked), masked
    assert mask(masked) == masked


@pytest.mark.parametrize("text", BENIGN, ids=lambda text: text[:30])
def test_look_alikes_are_untouched(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("row", [row for row in ROWS if row.text[:1] in "[{"], ids=lambda row: row.text[:30])
def test_json_stays_json(row: Row) -> None:
    try:
        json.loads(row.text)
    except ValueError:
        pytest.skip("looks like JSON and is not")
    masked = mask(row.text)
    assert type(json.loads(masked)) is type(json.loads(row.text))


def test_rows_do_not_disturb_each_other() -> None:
    text, expected = (
        "\n".join(f"{each}\n\nplain line {number}" for number, each in enumerate(texts))
        for texts in ((row.text for row in ROWS), (mask(row.text) for row in ROWS))
    )
    masked = mask(text)
    for got, wanted in zip(
        LABEL.sub("[masked]", masked).split("\n"), LABEL.sub("[masked]", expected).split("\n"), strict=True
    ):
        assert got == wanted
    assert mask(masked) == masked


@given(st.lists(st.sampled_from([*(row.text for row in ROWS), *BENIGN, "\n", " ", ",", '"', KNOWN]), max_size=6))
def test_masking_any_mixture_twice_changes_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    masked = mask(text)
    assert mask(masked) == masked


@given(st.text(alphabet="key:=passwordtoken\"'\\\n <>/@?&[]{}-BEGIN1", max_size=80))
def test_masking_any_text_twice_changes_nothing(text: str) -> None:
    masked = mask(text)
    assert mask(masked) == masked


@pytest.mark.parametrize("before", [0, 100, LONGEST - 1050, LONGEST - 1000, LONGEST - 20, LONGEST, LONGEST + 500])
@pytest.mark.parametrize("gap", ["word ", "x1,", "x"])
def test_a_secret_anywhere_in_a_very_long_line(before: int, gap: str) -> None:
    filling = (gap * LONGEST)[:before]
    for secret in (
        f' password="{WORDS}" ',
        f" {VENDORS['github personal']} ",
        f' {{"key": "{pem()}"}} '.replace("\n", "\\n"),
    ):
        text = filling + secret + (gap * LONGEST)[:LONGEST] + secret
        masked = mask(text)
        assert masked.count("[masked:") == 2
        assert WORDS not in masked
        assert "VATE KEY" not in masked


def test_a_secret_longer_than_the_longest_piece_is_gone() -> None:
    secret = made(3 * LONGEST)
    text = f'{{"token": "{secret}", "n": 1}}'
    masked = mask(text)
    assert secret[-200:] not in masked
    assert not any(secret[at : at + 50] in masked for at in range(0, len(secret) - 50, 25))
    assert json.loads(masked)["n"] == 1


@pytest.mark.parametrize(
    "form", [KNOWN, json.dumps(KNOWN)[1:-1], "q%22x%2F" + made(12) + "%20%C3%A9", json.dumps(json.dumps(KNOWN))[3:-3]]
)
def test_a_known_value_in_every_writing(form: str) -> None:
    masker = StreamMasker()
    shown = masker.feed(f"a {form} b") + masker.flush()
    if form.count("\\") < 3:
        assert shown.startswith("a [masked:known:")
        assert made(12) not in shown
    assert made(12) not in mask(f"password='{form}'")


def test_the_same_secret_has_the_same_label() -> None:
    secret, other = VENDORS["github personal"], VENDORS["github app"]
    assert mask(f"{secret} {secret} {other}").split()[0] == mask(secret)
    assert mask(secret) != mask(other)


@pytest.mark.parametrize(
    "hostile",
    [
        "password" * 20_000,
        '"' * 60_000,
        "key = " * 20_000,
        "://a:" * 20_000,
        "-----BEGIN " * 9_000,
        "\\" * 60_000,
        "token " * 20_000,
        "eyJ" * 30_000,
        "mysql " * 20_000,
        "a" * 100_000,
        "key" + " " * 60_000,
        "sk-" * 30_000,
        "password:\n" * 10_000,
        "-----BEGIN PRIV" + "ATE KEY-----\n" * 9_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_text_ends(hostile: str) -> None:
    once = mask(hostile)
    assert mask(once) == once


@dataclass
class Inner:
    api_key: str
    note: str


class Odd:
    def __str__(self) -> str:
        raise ValueError("no text")


def test_events_are_masked_at_any_depth() -> None:
    cause = ValueError(f"bad password={WORDS}")
    error = RuntimeError(f"token {VENDORS['groq']}")
    error.__cause__ = cause
    error.add_note(f"Authorization: Bearer {RANDOM}")
    value: dict[str, Any] = {
        "deep": [{"x": ({"password": WORDS},)}],
        f"key {VENDORS['npm']}": 1,
        "inner": Inner(RANDOM, "kept"),
        "error": error,
        "bytes": f"password={WORDS}".encode(),
        "set": {VENDORS["aws"]},
        "count": 3,
        "max_tokens": "4096",
        "none": None,
        "odd": Odd(),
        "db_passwords_password": [WORDS, 5],
        "group": ExceptionGroup("g", [cause]),
    }
    value["self"] = value
    masked = mask_value(value)
    text = json.dumps(masked)
    for secret in (WORDS, RANDOM, VENDORS["groq"], VENDORS["npm"], VENDORS["aws"]):
        assert secret not in text
    assert masked["inner"]["note"] == "kept"
    assert (masked["count"], masked["max_tokens"], masked["none"], masked["self"]) == (3, "4096", None, "[repeated]")
    assert masked["error"]["cause"]["type"] == "ValueError"
    assert mask_value(masked) == masked


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("password", Strength.ANY),
        ("DB_PASSWORD_PROD", Strength.ANY),
        ("dbPassword", Strength.ANY),
        ("clientSecret", Strength.ANY),
        ("token", Strength.RANDOM),
        ("x-auth-token", Strength.RANDOM),
        ("openai_api_key", Strength.RANDOM),
        ("API_KEY_2", Strength.RANDOM),
        ("tokens", Strength.NONE),
        ("max_tokens", Strength.NONE),
        ("next_page_token", Strength.NONE),
        ("token_count", Strength.NONE),
        ("public_key", Strength.NONE),
        ("primary_key", Strength.NONE),
        ("key", Strength.NONE),
        ("monkey", Strength.NONE),
        ("PWD", Strength.NONE),
        ("author", Strength.NONE),
        ("password_policy", Strength.NONE),
        ("secret_name", Strength.NONE),
    ],
)
def test_names_count_by_whole_words(name: str, strength: Strength) -> None:
    assert name_strength(name) is strength
