"""Known values that come in part, in another writing or from the environment: what is left of them tells nothing."""

import base64
from urllib.parse import quote_plus

import pytest

from tests.core.secret_corpus import made
from tui.core import secrets
from tui.core.chat import AssistantMessage, Json, NativeContent, Wire
from tui.core.secrets import StreamMasker, holds_known, mask, mask_known, register_environment
from tui.engine.shown import shown_message

KIND = "sk-" + "ant-api03-"
KEY = KIND + made(60)
WORDS = "correct/horse+battery"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {KEY, WORDS})


def streamed(text: str, size: int) -> str:
    masker = StreamMasker()
    parts = [masker.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join((*parts, masker.flush()))


@pytest.mark.parametrize("size", [1, 4, 64])
@pytest.mark.parametrize("length", range(len(KIND) + 4, len(KEY)))
def test_the_beginning_of_a_key_at_the_end_is_masked(length: int, size: int) -> None:
    text = f"The key is {KEY[:length]}"
    shown = streamed(text, size)
    assert shown.startswith("The key is [masked:known:")
    assert shown.endswith("]")
    assert mask_known(text) == shown
    assert mask_known(shown) == shown
    assert KEY[len(KIND) :][:4] not in mask(text)


@pytest.mark.parametrize("end", ["", "s", "sk-ant", KIND, KIND + "ab", "correct", "in base64 and"])
@pytest.mark.parametrize("size", [1, 3, 200])
def test_what_begins_like_many_others_stays(end: str, size: int) -> None:
    text = f"Anthropic's keys begin with {end}"
    assert streamed(text, size) == mask_known(text) == text


@pytest.mark.parametrize("after", ["\n", " and so on", "`", "…"])
def test_only_the_very_end_counts_as_cut(after: str) -> None:
    text = f"{KEY[:30]}{after}"
    assert streamed(text, 5) == mask_known(text) == text


def test_a_cut_value_after_a_whole_one() -> None:
    shown = streamed(f"{KEY} {KEY}{WORDS[:-1]}", 7)
    assert shown.count("[masked:known:") == 3
    assert KEY[20:30] not in shown
    assert "horse" not in shown


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", ".", "..", ":pass"])
@pytest.mark.parametrize("urlsafe", [False, True])
def test_base64_around_a_key(before: str, after: str, urlsafe: bool) -> None:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    for value in (KEY, WORDS):
        coded = encode(f"{before}{value}{after}".encode()).decode()
        shown = streamed(f"echo {coded} | base64 -d", 3)
        assert "[masked:known:" in shown
        middle = len(coded) // 2
        assert coded[middle - 4 : middle + 4] not in shown
        assert holds_known(coded)


@pytest.mark.parametrize(
    "coded", [KEY.encode().hex(), KEY.encode().hex().upper(), quote_plus(WORDS), quote_plus(WORDS).lower()]
)
def test_other_writings(coded: str) -> None:
    for text in (coded, f"<{coded}>"):
        assert coded[8:20] not in streamed(text, 1)
        assert streamed(text, 1) == mask_known(text)


def test_a_message_that_was_cut_off_hides_it_everywhere() -> None:
    part = KEY[:40]
    payload: Json = {"content": [{"type": "text", "text": f"It is {part}"}, {"type": "text", "text": "ok", "n": 1}]}
    message = AssistantMessage(
        text=f"It is {part}",
        thinking=part,
        native=NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=payload),
    )
    assert part not in repr(shown_message(message))
    whole: Json = {"content": [{"text": "ok", "list": [1, None]}]}
    harmless = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=whole)
    native = shown_message(AssistantMessage(text="", native=harmless)).native
    assert native is not None
    assert native.payload is harmless.payload


def test_variables_that_hold_secrets() -> None:
    secret = made(40)
    register_environment(
        {
            "GITHUB_TOKEN": secret,
            "DATABASE_PASSWORD": "postgres",
            "MY_PASSWORD": "development",
            "KEY_FILE": "/home/me/keys/key-2024-01.pem",
            "TOKEN_LIMIT": made(30),
            "HOME": "/home/" + made(20),
        }
    )
    assert secrets.known_values() == {KEY, WORDS, secret}
