"""The command palette's entries, made from the table of actions."""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.ui.actions import ACTIONS, Action


def help_text(action: Action) -> str:
    """Return what an action does, with its keys and its slash command in front."""
    slash = f"/{action.slash}" if action.slash else ""
    names = "  ".join(name for name in (action.keys_text, slash) if name)
    return f"{names}  {action.help}" if names else action.help


class ActionsProvider(Provider):
    """Offers every action of the table that can run now, by title and help.

    The screen may carry its own table, with a person's keys in it, as `actions`.
    """

    @property
    def _offered(self) -> Iterator[Action]:
        table: Iterable[Action] = getattr(self.screen, "actions", ACTIONS)
        for action in table:
            if action.palette and self.screen.check_action("act", (action.id,)):
                yield action

    def _run(self, action: Action) -> Callable[[], Coroutine[object, object, None]]:
        return partial(self.screen.run_action, f"screen.act({action.id!r})")

    async def discover(self) -> Hits:
        """Everything there is, in the order of the table."""
        for action in self._offered:
            yield DiscoveryHit(Content(action.title), self._run(action), action.title, help_text(action))

    async def search(self, query: str) -> Hits:
        """What fits the query; a fit in the title counts more than one in the help."""
        matcher = self.matcher(query)
        for action in self._offered:
            title = matcher.match(action.title)
            score = title or 0.5 * matcher.match(f"{action.slash} {action.help}")
            if score > 0:
                shown = matcher.highlight(action.title) if title else Content(action.title)
                yield Hit(score, shown, self._run(action), action.title, help_text(action))
