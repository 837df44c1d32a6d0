"""Which panes a session gets, from every source."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tui.config.model import Config, EndpointConfig, PaneConfig, RoleConfig, WireName
from tui.core.errors import UsageError
from tui.engine.local_server import local_models
from tui.engine.session import SessionPlan, plan_session

ENDPOINTS = {
    "anthropic": EndpointConfig(
        wire=WireName.ANTHROPIC, api_key_env=("ANTHROPIC_API_KEY",), base_url_env=("ANTHROPIC_BASE_URL",),
        default_model="claude-x", pane_name="claude",
    ),
    "openai": EndpointConfig(
        wire=WireName.OPENAI, api_key_env=("OPENAI_API_KEY",), default_model="gpt-x", pane_name="gpt"
    ),
    "gemini": EndpointConfig(
        wire=WireName.GEMINI, api_key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"), default_model="gemini-x",
        pane_name="gemini",
    ),
    "compatible": EndpointConfig(wire=WireName.COMPATIBLE, base_url="http://127.0.0.1:11434/v1"),
    "work": EndpointConfig(base_url="https://llm.example/v1", api_key_env=("WORK_KEY",), default_model="org/big-model"),
}  # fmt: skip
CONFIG = Config(endpoints=ENDPOINTS, roles={"review": RoleConfig(title="review", prompt="Review it.")})


def names(plan: SessionPlan | None) -> list[str]:
    assert plan is not None
    return [pane.name for pane in plan.panes]


def test_nothing_known_means_no_plan() -> None:
    assert plan_session(CONFIG, {}) is None
    assert plan_session(CONFIG, {"OPENAI_API_KEY": ""}) is None


def test_keys_in_the_environment_choose_the_vendors() -> None:
    plan = plan_session(CONFIG, {"GOOGLE_API_KEY": "g", "ANTHROPIC_API_KEY": "a", "ANTHROPIC_BASE_URL": "http://h"})
    assert names(plan) == ["claude", "gemini"]
    assert plan is not None
    assert (plan.panes[0].base_url, plan.panes[0].api_key, plan.panes[0].model) == ("http://h", "a", "claude-x")
    assert (plan.panes[1].base_url, plan.panes[1].api_key, plan.demo) == (None, "g", False)


def test_an_own_endpoint_with_its_key_is_a_pane_named_after_its_model() -> None:
    assert names(plan_session(CONFIG, {"WORK_KEY": "w"})) == ["big-model"]


def test_a_local_server_is_used_when_there_is_no_key() -> None:
    asked: list[str] = []

    def listed(base_url: str) -> list[str]:
        asked.append(base_url)
        return ["llama:8b", "qwen"]

    plan = plan_session(CONFIG, {}, local_models=listed)
    assert names(plan) == ["llama:8b", "qwen"]
    assert asked == ["http://127.0.0.1:11434/v1"]
    assert names(plan_session(CONFIG, {"OPENAI_API_KEY": "k"}, local_models=listed)) == ["gpt"]


def test_flags_win_over_configuration_and_same_names_get_a_number() -> None:
    config = Config(endpoints=ENDPOINTS, panes=(PaneConfig(provider="gemini"),))
    plan = plan_session(config, {}, only=["anthropic", "anthropic:claude-y", "openai:gpt-z"])
    assert names(plan) == ["claude", "claude-2", "gpt"]
    assert plan is not None
    assert [pane.model for pane in plan.panes] == ["claude-x", "claude-y", "gpt-z"]
    assert names(plan_session(config, {})) == ["gemini"]


def test_a_role_puts_its_text_before_the_panes_own() -> None:
    pane = PaneConfig(provider="anthropic", role="review", system="Be brief.", name="critic")
    plan = plan_session(Config(endpoints=ENDPOINTS, roles=CONFIG.roles, panes=(pane,)), {})
    assert plan is not None
    assert (plan.panes[0].name, plan.panes[0].role, plan.panes[0].system) == (
        "critic",
        "review",
        "Review it.\n\nBe brief.",
    )


def test_the_demo_takes_the_place_of_every_address_and_key() -> None:
    plan = plan_session(CONFIG, {"ANTHROPIC_API_KEY": "real"}, demo_url="http://127.0.0.1:9")
    assert names(plan) == ["claude", "gpt", "gemini"]
    assert plan is not None
    assert plan.demo
    assert [pane.base_url for pane in plan.panes] == [
        "http://127.0.0.1:9",
        "http://127.0.0.1:9/v1",
        "http://127.0.0.1:9",
    ]
    assert {pane.api_key for pane in plan.panes} == {"demo"}


@pytest.mark.parametrize(
    ("config", "only", "words"),
    [
        (CONFIG, ["nope"], ["nope", "anthropic"]),
        (CONFIG, ["compatible"], ["compatible", "MODEL"]),
        (Config(endpoints=ENDPOINTS, panes=(PaneConfig(provider="openai", role="x"),)), [], ["role", "“x”"]),
        (Config(endpoints=ENDPOINTS, panes=(PaneConfig(provider="y"),)), [], ["“y”"]),
    ],
)
def test_what_cannot_be_planned_is_said_clearly(config: Config, only: list[str], words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        plan_session(config, {}, only=only)
    for word in words:
        assert word in str(caught.value)


@contextmanager
def one_answer(answer: bytes) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        thread.join()


BODY = b'{"object": "list", "data": [{"id": "llama3"}, {"id": "qwen"}]}'


@pytest.mark.parametrize(
    ("answer", "models"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + BODY, ["llama3", "qwen"]),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
            ["llama3", "qwen"],
        ),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", []),
        (b"HTTP/1.1 200 OK\r\n\r\n[1, 2]", []),
        (b"SSH-2.0-x\r\n", []),
        (b"", []),
    ],
)
def test_a_local_server_is_asked_for_its_models(answer: bytes, models: list[str]) -> None:
    with one_answer(answer) as base_url:
        assert local_models(base_url) == models


@pytest.mark.parametrize("base_url", ["http://10.0.0.1:80/v1", "https://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", ""])
def test_only_this_machine_is_asked_and_absence_is_no_error(base_url: str) -> None:
    assert local_models(base_url) == []
