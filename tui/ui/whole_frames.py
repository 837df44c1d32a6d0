"""A frame goes to the terminal in one piece.

Textual 8.2.8 hands begin, content and end of a synchronized update to its writing thread one by one: three locks, and
perhaps three wake-ups and three writes, for every key that is shown.
"""

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.driver import Driver


def in_whole_frames(driver: type[Driver]) -> type[Driver]:
    """Return a driver that writes all of an update at its end."""

    class WholeFrames(driver):  # type: ignore[misc,valid-type]  # a base known only when the program runs
        _frame: list[str] | None = None

        def write(self, data: str) -> None:
            """Write as always, but keep what belongs to one update until its end."""
            if self._frame is None and data == SYNC_START:
                self._frame = [data]
            elif self._frame is None:
                super().write(data)
            else:
                self._frame.append(data)
                if data == SYNC_END:
                    frame, self._frame = "".join(self._frame), None
                    super().write(frame)

        def stop_application_mode(self) -> None:
            """Leave, even if a defect cut an update short."""
            self._frame = None
            super().stop_application_mode()

    return WholeFrames
