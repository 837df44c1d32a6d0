"""The order of a round's calls: they run one after the other, but are asked about together where that is sound."""

import asyncio


class CallSlot:
    """Where a call stands behind the one before it. With `ahead` its question does not wait for that one's run.

    `asked` is set once the question about this call is open, or known not to be needed; `running` becomes true when it
    may begin.
    """

    def __init__(self, before: "CallSlot | None" = None, *, ahead: bool = False) -> None:
        self._before = before
        self._ahead = ahead
        self.asked = asyncio.Event()
        self.over = asyncio.Event()
        self.running = False

    async def may_ask(self) -> None:
        """Wait until the person may be asked about this call."""
        if self._before is not None:
            await (self._before.asked if self._ahead else self._before.over).wait()

    async def may_run(self) -> None:
        """Wait until everything before this call is over."""
        if self._before is not None:
            await self._before.over.wait()
        self.running = True

    def end(self) -> None:
        """Note that the call is over, however it ended."""
        self.asked.set()
        self.over.set()
