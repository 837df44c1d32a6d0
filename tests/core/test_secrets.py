"""Masking: whole secrets vanish, ordinary text stays, and the cut of a stream does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core import secrets
from tui.core.secrets import StreamMasker, mask

KNOWN = "Zx9-known-value-Zx9"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {KNOWN, KNOWN + "-longer"})


@pytest.mark.parametrize(
    "secret",
    [
        KNOWN,
        "sk-ant-api03-" + "aB3_" * 8,
        "sk-proj-abcdefghij0123456789abcdefghij",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_masked_anywhere_and_only_it(secret: str) -> None:
    masked = mask(f'before "{secret}" after')
    assert masked.startswith('before "[masked:')
    assert masked.endswith(']" after')
    assert mask(masked) == masked


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("postgres://app:s3cretpw@db/x", "postgres://app:", "s3cretpw"),
        ("Authorization: Bearer abcdef.ghijkl", "Authorization: Bearer ", "abcdef"),
        ('{"x-api-key": "0123456789abc"}', '{"x-api-key": "', "0123456789abc"),
    ],
)
def test_the_name_stays_and_the_value_goes(text: str, kept: str, gone: str) -> None:
    masked = mask(text)
    assert masked.startswith(kept + "[masked:")
    assert gone not in masked


@pytest.mark.parametrize(
    "text",
    [
        "commit 3292c31f0c8a4b6de1", "max_tokens: 16384", "https://example.org/a?b=c", "a sk-short key", "user@host",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "task-management-system-for-teams",
    ],
)  # fmt: skip
def test_ordinary_text_is_untouched(text: str) -> None:
    assert mask(text) == text


@given(
    st.lists(st.sampled_from([KNOWN, KNOWN + "-longer", KNOWN[:7], "Zx9", "text ", "-", "Zx9-known-"]), max_size=8),
    st.data(),
)
def test_every_cut_of_a_stream_gives_the_same(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    reference = StreamMasker()
    whole = reference.feed(text) + reference.flush()
    masker = StreamMasker()
    shown = ""
    while text:
        size = data.draw(st.integers(1, 9))
        shown += masker.feed(text[:size])
        text = text[size:]
    shown += masker.flush()
    assert KNOWN not in shown
    assert shown == whole
