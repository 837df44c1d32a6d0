"""Rules between keys: a pane names an endpoint and a role that exist, and no two panes share a name.

Fallbacks, limits and the gateway name endpoints that exist, too.
"""

from collections.abc import Callable, Mapping, Sequence

from tui.config.mistakes import KeyPath, Mistake, found, nearest
from tui.config.model import BudgetScope, Config
from tui.config.model_work import TrustConfig


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
        mistakes += _targets(config, where, f"{key}.fallback", pane.fallback)
    key = "fallback.targets"
    mistakes += _targets(config, origins.get(key, ""), key, config.fallback.targets)
    for index, name in enumerate(config.gateway.endpoints):
        if name not in config.endpoints:
            key = "gateway.endpoints"
            text = _missing("an endpoint", name, config.endpoints)
            mistakes.append(Mistake(origins.get(key, ""), f"{key}[{index}]", text))
    for name in config.limits:
        if name not in config.endpoints:
            key = f"limits.{name}"
            place = next((origin for path, origin in origins.items() if path.startswith(f"{key}.")), "")
            mistakes.append(Mistake(place, key, _missing("the name of an endpoint", name, config.endpoints)))
    mistakes += trust_mistakes(config.trust, lambda key: origins.get(f"trust.{key[0]}", ""))
    return mistakes + _budget_mistakes(config, origins)


def trust_mistakes(trust: TrustConfig, where: Callable[[KeyPath], str]) -> list[Mistake]:
    """Return what is wrong in the lists of a table `[trust]`; `where` tells the place of a key below it."""
    if trust == TrustConfig():
        return []
    from tui.core.trust_rules import CATEGORIES, check_words, parse_rule  # few configurations have any of this

    mistakes = []
    for index, name in enumerate(trust.require_confirmation):
        if name not in CATEGORIES:
            known = dict.fromkeys(CATEGORIES)
            text = _missing("a kind of call", name, known)
            mistakes.append(Mistake(where(("require_confirmation",)), f"trust.require_confirmation[{index}]", text))
    checks: list[tuple[str, tuple[str, ...], Callable[[str], object]]] = [
        ("rules", trust.rules, parse_rule),
        ("allowed_commands", trust.allowed_commands, lambda entry: check_words(entry.split())),
    ]
    for name, entries, check in checks:
        for index, entry in enumerate(entries):
            try:
                check(entry)
            except ValueError as error:
                mistakes.append(Mistake(where((name,)), f"trust.{name}[{index}]", f"found {found(entry)}. {error}"))
    for name in ("allowed_commands", "forbidden_paths"):
        for index, entry in enumerate(getattr(trust, name)):
            if not entry.strip():
                mistakes.append(
                    Mistake(where((name,)), f"trust.{name}[{index}]", "expected a text; found an empty one")
                )
    return mistakes


def _budget_mistakes(config: Config, origins: Mapping[str, str]) -> list[Mistake]:
    mistakes: list[Mistake] = []
    for name, budget in config.budgets.items():
        wrong: dict[str, str] = {}
        if budget.scope is BudgetScope.PROVIDER:
            if budget.provider not in config.endpoints:
                wrong["provider"] = _missing("an endpoint", budget.provider, config.endpoints)
        elif budget.provider:
            wrong["provider"] = f'only a budget with scope = "provider" has one; found {found(budget.provider)}'
        if budget.window is not None and budget.scope not in {BudgetScope.PROJECT, BudgetScope.PROVIDER}:
            wrong["window"] = f'only the scopes "project" and "provider" choose theirs; found {found(budget.window)}'
        for item, text in wrong.items():
            key = f"budgets.{name}"
            where = origins.get(f"{key}.{item}") or origins.get(f"{key}.scope", "")
            mistakes.append(Mistake(where, f"{key}.{item}", text))
    return mistakes


def _targets(config: Config, where: str, key: str, targets: Sequence[str]) -> list[Mistake]:
    mistakes = []
    for index, target in enumerate(targets):
        provider, _, model = target.partition(":")
        endpoint = config.endpoints.get(provider)
        if endpoint is None:
            text = _missing("an endpoint", provider, config.endpoints)
            mistakes.append(Mistake(where, f"{key}[{index}]", text))
        elif not model and not endpoint.default_model:
            text = f'`{provider}` has no default model; name one: "{provider}:MODEL"'
            mistakes.append(Mistake(where, f"{key}[{index}]", text))
    return mistakes


def _missing(kind: str, word: str, known: Mapping[str, object]) -> str:
    near = nearest(word, known)
    guess = f'; did you mean "{near[0]}"?' if near else ""
    return f"expected {kind} ({', '.join(known)}); found {found(word)}{guess}"
