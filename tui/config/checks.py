"""Rules between keys: a pane names an endpoint and a role that exist, and no two panes share a name."""

from collections.abc import Mapping

from tui.config.mistakes import Mistake, found, nearest
from tui.config.model import Config


def check_references(config: Config, origins: Mapping[str, str]) -> list[Mistake]:
    """Return what is wrong between the keys of a configuration whose single values are right."""
    where = origins.get("panes", "")
    mistakes: list[Mistake] = []
    names: set[str] = set()
    for index, pane in enumerate(config.panes):
        key = f"panes[{index}]"
        if pane.provider not in config.endpoints:
            text = _missing("an endpoint", pane.provider, config.endpoints)
            mistakes.append(Mistake(where, f"{key}.provider", text))
        if pane.role and pane.role not in config.roles:
            mistakes.append(Mistake(where, f"{key}.role", _missing("a role", pane.role, config.roles)))
        if pane.name and pane.name.casefold() in names:
            mistakes.append(Mistake(where, f"{key}.name", f"{found(pane.name)} is the name of another pane"))
        names.add(pane.name.casefold())
    return mistakes


def _missing(kind: str, word: str, known: Mapping[str, object]) -> str:
    near = nearest(word, known)
    guess = f'; did you mean "{near[0]}"?' if near else ""
    return f"expected {kind} ({', '.join(known)}); found {found(word)}{guess}"
