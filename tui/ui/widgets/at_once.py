"""Painting without waiting for the screen's beat: what answers a key is seen at once."""

from textual.widget import Widget


def show_at_once(widget: Widget) -> None:
    """Send what is to be repainted of a widget to the screen now; nothing where a new layout has to come first.

    Textual would have the widget tell its screen, the screen wait for its own turn, and a timer of 60 beats a second
    wake it: three turns of the loop, each shared with whoever floods, and up to 17 ms for every other widget that has
    something to paint after this one.
    """
    screen = widget.screen
    waits_for_layout = widget._layout_required or screen._layout_required  # noqa: SLF001 - see below
    if widget._repaint_required and screen.is_current and not waits_for_layout:  # noqa: SLF001 - see below
        widget._repaint_required = False  # noqa: SLF001 - else it is told, and nothing is found to paint
        screen._dirty_widgets.add(widget)  # noqa: SLF001 - there is no public way to paint now
        screen._on_timer_update()  # noqa: SLF001 - as above
