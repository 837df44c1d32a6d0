"""Asking every provider for its models: all at once, each for a limited time."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tui.config.model import Config, EndpointConfig, WireName
from tui.core.errors import Outcome, ProviderError, UsageError
from tui.doctor.local import shown_address
from tui.doctor.report import Check, Status
from tui.engine.gateway import base_url_at, gateway_endpoints
from tui.engine.local_server import local_models
from tui.engine.session import base_url_of, key_of, plan_session
from tui.providers.base import Deadlines, Provider
from tui.providers.registry import create_provider

LIMIT_S: Final = 10.0
_GROUP: Final = "Models"
_MOST_NAMED: Final = 3
_CONNECT_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An endpoint to ask, and the models of the panes that would use it."""

    name: str
    endpoint: EndpointConfig
    api_key: str | None
    base_url: str | None
    wanted: tuple[str, ...] = ()


def wanted_models(config: Config, environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the models of the panes a session would have, by endpoint. Raises UsageError, as a session would."""
    plan = plan_session(config, environ, local_models=local_models)
    found: dict[str, tuple[str, ...]] = {}
    for pane in plan.panes if plan is not None else ():
        found[pane.endpoint] = (*found.get(pane.endpoint, ()), pane.model)
    return found


def model_checks(
    config: Config,
    environ: Mapping[str, str],
    *,
    offline: bool,
    create: Callable[..., Provider] = create_provider,
    limit_s: float = LIMIT_S,
) -> list[Check]:
    """Return the checks of the group “Models”: one for each endpoint that can be asked, and one of the session."""
    if offline:
        return [_check("session", "models", Status.SKIP, "no server was asked (--offline)")]
    try:
        wanted = wanted_models(config, environ)
    except UsageError as error:
        return [_check("session", "panes", Status.FAIL, error.problem.text, error.problem.hint)]
    targets, checks = _targets(config, environ, wanted)
    checks += asyncio.run(_ask_all(targets, create, limit_s))
    if not wanted:
        remedy = (
            "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or start Ollama; until then there is the demo."
        )
        checks.append(_check("session", "a session", Status.WARN, "no model to ask; llmmixer starts the demo", remedy))
    else:
        names = ", ".join(f"{name}:{model}" for name, models in wanted.items() for model in models)
        checks.append(_check("session", "a session", Status.OK, f"panes: {names}"))
    return checks


def _targets(
    config: Config, environ: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]
) -> tuple[list[Target], list[Check]]:
    targets: list[Target] = []
    checks: list[Check] = []
    behind = gateway_endpoints(config)
    if behind:
        targets.append(_gateway_target(config, environ, [model for name in behind for model in wanted.get(name, ())]))
    for name, endpoint in config.endpoints.items():
        if name in behind:
            continue
        key, base_url = key_of(endpoint, environ), base_url_of(endpoint, environ)
        target = Target(name=name, endpoint=endpoint, api_key=key, base_url=base_url, wanted=wanted.get(name, ()))
        if endpoint.wire is not WireName.COMPATIBLE:
            if key is not None:
                targets.append(target)
        elif base_url is not None and (target.wanted or key is not None or may_answer(base_url)):
            targets.append(target)
        elif base_url is not None:
            remedy = "To use models on this machine, start the server, for example: ollama serve"
            checks.append(_check(name, name, Status.SKIP, f"nothing listens at {shown_address(base_url)}", remedy))
    return targets, checks


def _gateway_target(config: Config, environ: Mapping[str, str], wanted: list[str]) -> Target:
    """Return the gateway as something to ask: its list of models is that of OpenAI's protocol, whatever it serves."""
    base_url = base_url_at(config.gateway.base_url, WireName.COMPATIBLE)
    endpoint = EndpointConfig(wire=WireName.COMPATIBLE, base_url=base_url, api_key_env=config.gateway.api_key_env)
    key = key_of(endpoint, environ)
    return Target(name="gateway", endpoint=endpoint, api_key=key, base_url=base_url, wanted=tuple(wanted))


def may_answer(base_url: str) -> bool:
    """Tell whether it makes sense to ask a server: on this machine something must listen, elsewhere it always does."""
    try:
        url = urlsplit(base_url)
        port = url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return True  # asking will say what is wrong with the address
    if url.hostname not in ("localhost", "127.0.0.1", "::1"):
        return True
    try:
        with socket.create_connection((url.hostname, port), timeout=_CONNECT_S):
            return True
    except OSError:
        return False


async def _ask_all(targets: list[Target], create: Callable[..., Provider], limit_s: float) -> list[Check]:
    return list(await asyncio.gather(*(_ask(target, create, limit_s) for target in targets)))


async def _ask(target: Target, create: Callable[..., Provider], limit_s: float) -> Check:
    waits = Deadlines(connect=limit_s, first_event=limit_s, total=limit_s)
    provider = create(target.endpoint, api_key=target.api_key, base_url=target.base_url, deadlines=waits)
    try:
        await provider.prepare()  # the import of an SDK takes its time on a busy machine and is not the network's
        async with asyncio.timeout(limit_s):
            models = [model.id for model in await provider.models()]
    except TimeoutError:
        text, remedy = f"no answer within {limit_s:g} s", "Check the network and the address."
        return _check(target.name, target.name, Status.FAIL, text, remedy)
    except ProviderError as error:
        return _failed(target, error)
    finally:
        await provider.close()
    return listed(target, models)


def _failed(target: Target, error: ProviderError) -> Check:
    problem = error.failure.problem
    # A gateway may answer prompts without listing its models, so only what would also stop a prompt is a failure.
    status = Status.WARN if error.failure.outcome is Outcome.CALLER_ERROR else Status.FAIL
    return _check(target.name, target.name, status, f"{problem.title}: {problem.text}", problem.hint)


def listed(target: Target, models: list[str]) -> Check:
    """Return the check of an endpoint that listed `models`: a warning when one a pane wants is not among them."""
    if not models:
        remedy = "Load or pull a model there first."
        return _check(target.name, target.name, Status.WARN, "answers, but has no model", remedy)
    missing = [model for model in target.wanted if not _among(model, models)]
    count = f"{len(models)} model" + ("" if len(models) == 1 else "s")
    if not missing:
        among = f", {', '.join(target.wanted)} among them" if target.wanted else ""
        return _check(target.name, target.name, Status.OK, f"answers; {count}{among}")
    some = ", ".join(models[:_MOST_NAMED]) + (", …" if len(models) > _MOST_NAMED else "")
    remedy = f"Choose one it lists ({some})."
    return _check(
        target.name, target.name, Status.WARN, f"answers; {count}, but not {', '.join(missing)}", remedy
    )  # fmt: skip


def _among(model: str, models: list[str]) -> bool:
    # Servers list `models/NAME`, or `NAME:latest` for NAME; a dated id is listed for an alias.
    ends = {name.rpartition("/")[2] for name in models}
    wanted = model.rpartition("/")[2]
    return wanted in ends or f"{wanted}:latest" in ends or any(name.startswith(f"{wanted}-20") for name in ends)


def _check(name: str, title: str, status: Status, detail: str, remedy: str = "") -> Check:
    return Check(id=f"models.{name}", group=_GROUP, title=title, status=status, detail=detail, remedy=remedy)
