"""A pane's memory of its conversation: what is sent back with the next prompt."""

from dataclasses import dataclass, field

from tui.core.chat import AssistantMessage, Message, UserMessage


@dataclass(slots=True)
class Exchange:
    """One prompt and what came of it: answers and tool results; empty while it runs and when nothing usable came."""

    prompt: str
    replies: tuple[Message, ...] = ()


@dataclass(slots=True)
class History:
    """The exchanges of one conversation, oldest first."""

    exchanges: list[Exchange] = field(default_factory=list)

    def begin(self, prompt: str) -> Exchange:
        """Add a prompt whose answer is to come."""
        exchange = Exchange(prompt)
        self.exchanges.append(exchange)
        return exchange

    def messages(self, current: Exchange) -> tuple[Message, ...]:
        """Return what to send for `current`: every earlier exchange that was answered, then its prompt.

        A prompt that got no usable answer is left out, so that a failed turn does not confuse the model.
        """
        messages: list[Message] = []
        for exchange in self.exchanges:
            if exchange is current:
                break
            if exchange.replies:
                messages += (UserMessage(text=exchange.prompt), *exchange.replies)
        messages.append(UserMessage(text=current.prompt))
        return tuple(messages)

    def take_last_prompt(self) -> str | None:
        """Remove the newest exchange and return its prompt, or None when there is none."""
        return self.exchanges.pop().prompt if self.exchanges else None

    def clear(self) -> None:
        """Forget everything."""
        self.exchanges.clear()


def rememberable(text: str, thinking: str, complete: AssistantMessage | None) -> AssistantMessage | None:
    """Return what to remember of an answer.

    A complete message is kept with its native form unless it asks for tools nobody answered, which every
    provider would reject; a partial one keeps its text; an empty one is not kept.
    """
    if complete is not None and not complete.tool_calls and complete.text:
        return complete
    return AssistantMessage(text=text, thinking=thinking) if text else None
