"""An answer that breaks off in the middle of a key of this process shows nothing of it, and keeps nothing of it."""

import pytest

from tests.core.secret_corpus import made
from tests.engine.rig import Rig, failed
from tui.core import secrets
from tui.core.chat import Finished, StopReason, StreamOpened, TextPiece, ThinkingPiece
from tui.core.errors import Outcome
from tui.core.events import TextDelta, ThinkingDelta, to_json_line

KEY = "sk-" + "ant-api03-" + made(60)


@pytest.mark.parametrize("length", [20, 40, len(KEY) - 1])
@pytest.mark.parametrize("how", ["limit", "failure"])
async def test_nothing_of_a_key_is_left(how: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {KEY})
    part = KEY[:length]
    end = Finished(stop=StopReason.MAX_TOKENS) if how == "limit" else failed(Outcome.TRUNCATED)
    pieces = [TextPiece(text=f"The key: {part[:9]}"), *(TextPiece(text=character) for character in part[9:])]
    async with Rig(scripts={"anthropic": [[StreamOpened(), ThinkingPiece(text=part), *pieces, end]]}) as rig:
        await rig.ask()
        text = "".join(event.text for event in rig.of(TextDelta))
        thinking = "".join(event.text for event in rig.of(ThinkingDelta))
        told = [to_json_line(event) for event in rig.events]
    assert text.startswith("The key: [masked:known:")
    assert thinking.startswith("[masked:known:")
    assert [line for line in told if KEY[14:22] in line] == []
