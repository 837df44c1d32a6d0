"""A gateway stands before the vendors: every SDK finds it, and it alone gets a key."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import environment, run
from tui.config.load import load
from tui.config.mistakes import ConfigError
from tui.config.model import Config, EndpointConfig, GatewayConfig, PaneConfig, WireName
from tui.config.trust import trust_folder
from tui.core.chat import ChatRequest, Finished, TextPiece, UserMessage
from tui.demo.server import DemoServer
from tui.engine.circuits import key_of as circuit_of
from tui.engine.gateway import base_url_at, gateway_endpoints
from tui.engine.session import PanePlan, plan_session
from tui.engine.spending import price_source
from tui.providers.base import Deadlines
from tui.providers.registry import create_provider

ROOT = Path(__file__).resolve().parents[2]
KEY = "gateway-key-0123456789"
VENDOR_KEY = "vendor-key-0123456789"
VENDOR_ENVIRONMENT = {
    "ANTHROPIC_API_KEY": VENDOR_KEY,
    "ANTHROPIC_AUTH_TOKEN": VENDOR_KEY,
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/anthropic",
    "OPENAI_API_KEY": VENDOR_KEY,
    "OPENAI_ADMIN_KEY": VENDOR_KEY,
    "OPENAI_BASE_URL": "http://127.0.0.1:9/openai",
    "OPENAI_COMPATIBLE_API_KEY": VENDOR_KEY,
    "OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1:9/compatible",
    "GEMINI_API_KEY": VENDOR_KEY,
    "GOOGLE_API_KEY": VENDOR_KEY,
    "GOOGLE_GENAI_API_VERSION": "v1",
    "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9/gemini",
}
GATEWAY = "https://litellm.example.org"


def configured(home: Path, gateway: GatewayConfig, panes: tuple[PaneConfig, ...] = ()) -> Config:
    """The defaults with a gateway."""
    config = load(environ={"HOME": str(home)}, cwd=home).config
    work = EndpointConfig(base_url="https://llm.example/v1", api_key_env=("WORK_KEY",), default_model="big")
    return Config(endpoints={**config.endpoints, "work": work}, gateway=gateway, panes=panes)


def planned(config: Config, environ: dict[str, str], *only: str, demo_url: str | None = None) -> tuple[PanePlan, ...]:
    plan = plan_session(config, environ, only=only, demo_url=demo_url)
    return plan.panes if plan is not None else ()


@pytest.mark.parametrize("root", [GATEWAY, f"{GATEWAY}/", f"{GATEWAY}/v1", f"{GATEWAY}/v1/"])
@pytest.mark.parametrize(
    ("wire", "address"),
    [
        (WireName.ANTHROPIC, GATEWAY),
        (WireName.GEMINI, GATEWAY),
        (WireName.OPENAI, f"{GATEWAY}/v1"),
        (WireName.COMPATIBLE, f"{GATEWAY}/v1"),
    ],
)
def test_each_sdk_wants_its_own_address(root: str, wire: WireName, address: str) -> None:
    assert base_url_at(root, wire) == address


@pytest.mark.parametrize(
    ("endpoints", "environ", "panes"),
    [
        ((), {}, []),
        ((), {"LITELLM_PROXY_API_KEY": ""}, []),
        (
            (),
            {"LITELLM_PROXY_API_KEY": KEY},
            [
                ("anthropic", GATEWAY, KEY),
                ("openai", f"{GATEWAY}/v1", KEY),
                ("gemini", f"{GATEWAY}/v1beta", KEY),
            ],
        ),
        (
            (),
            VENDOR_ENVIRONMENT | {"LITELLM_PROXY_API_KEY": KEY, "WORK_KEY": "w"},
            [
                ("anthropic", GATEWAY, KEY),
                ("openai", f"{GATEWAY}/v1", KEY),
                ("gemini", f"{GATEWAY}/v1beta", KEY),
                ("work", "https://llm.example/v1", "w"),
            ],
        ),
        ((), VENDOR_ENVIRONMENT, []),
        (
            ("openai", "work"),
            {"LITELLM_PROXY_API_KEY": KEY, "ANTHROPIC_API_KEY": "a"},
            [("anthropic", None, "a"), ("openai", f"{GATEWAY}/v1", KEY), ("work", f"{GATEWAY}/v1", KEY)],
        ),
    ],
)
def test_panes_of_the_environment(
    home: Path, endpoints: tuple[str, ...], environ: dict[str, str], panes: list[tuple[str, str | None, str]]
) -> None:
    config = configured(home, GatewayConfig(base_url=GATEWAY, endpoints=endpoints))
    assert [(pane.endpoint, pane.base_url, pane.api_key) for pane in planned(config, environ)] == panes


def test_configured_panes_flags_and_fallbacks_go_through_it_too(home: Path) -> None:
    panes = (PaneConfig(provider="anthropic", fallback=("openai:gpt-x", "work")),)
    config = configured(home, GatewayConfig(base_url=GATEWAY, api_key_env=("TEAM_KEY",)), panes)
    environ = VENDOR_ENVIRONMENT | {"TEAM_KEY": KEY, "WORK_KEY": "w"}
    (pane,) = planned(config, environ)
    assert (pane.base_url, pane.api_key) == (GATEWAY, KEY)
    assert [(other.endpoint, other.api_key) for other in pane.fallbacks] == [("openai", KEY), ("work", "w")]
    (flagged,) = planned(config, environ, "gemini:gemini-x")
    assert (flagged.base_url, flagged.api_key, flagged.model) == (f"{GATEWAY}/v1beta", KEY, "gemini-x")


def test_without_its_key_a_pane_has_none_and_names_the_variable(home: Path) -> None:
    config = configured(home, GatewayConfig(base_url=GATEWAY), (PaneConfig(provider="anthropic"),))
    (pane,) = planned(config, VENDOR_ENVIRONMENT)
    assert pane.api_key is None
    assert pane.endpoint_config.api_key_env == ("LITELLM_PROXY_API_KEY",)
    assert pane.endpoint_config.base_url_env == ()


def test_no_gateway_changes_nothing_and_the_demo_wins_over_one(home: Path) -> None:
    assert gateway_endpoints(configured(home, GatewayConfig())) == ()
    (pane,) = planned(configured(home, GatewayConfig(endpoints=("openai",))), {"OPENAI_API_KEY": "o"})
    assert (pane.base_url, pane.api_key) == (None, "o")
    shown = planned(configured(home, GatewayConfig(base_url=GATEWAY)), {}, demo_url="http://127.0.0.1:9")
    assert {pane.base_url for pane in shown} == {"http://127.0.0.1:9", "http://127.0.0.1:9/v1"}
    assert {pane.api_key for pane in shown} == {"demo"}


def test_prices_and_circuits_keep_the_names_they_have_without_it(home: Path) -> None:
    through = configured(home, GatewayConfig(base_url=GATEWAY, endpoints=("anthropic", "work")))
    environ = {"LITELLM_PROXY_API_KEY": KEY}
    claude, big = planned(through, environ, "anthropic", "work")
    own_claude, own_big = planned(configured(home, GatewayConfig()), environ, "anthropic", "work")
    assert [price_source(pane) for pane in (claude, big)] == [price_source(pane) for pane in (own_claude, own_big)]
    assert price_source(big) == "https://llm.example/v1"
    assert (circuit_of(big).provider, circuit_of(big).model) == ("work", "big")


def test_a_project_cannot_set_it(home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / ".llmmixer").mkdir()
    file = project / ".llmmixer" / "config.toml"
    file.write_text('[gateway]\nbase_url = "http://evil.example"\napi_key_env = ["ANTHROPIC_API_KEY"]\n')
    environ = {"HOME": str(home), "ANTHROPIC_API_KEY": VENDOR_KEY}
    trust_folder(project, environ)
    loaded = load(environ=environ, cwd=project)
    assert loaded.config.gateway == GatewayConfig()
    assert "gateway" in "\n".join(notice.text for notice in loaded.notices)
    (pane,) = planned(loaded.config, environ)
    assert (pane.base_url, pane.api_key) == (None, VENDOR_KEY)


def test_it_can_be_set_by_the_environment_and_mistakes_are_told(home: Path) -> None:
    environ = {"HOME": str(home), "LLMMIXER_GATEWAY_BASE_URL": GATEWAY, "LLMMIXER_GATEWAY_ENDPOINTS": "openai"}
    assert load(environ=environ, cwd=home).config.gateway == GatewayConfig(base_url=GATEWAY, endpoints=("openai",))
    with pytest.raises(ConfigError, match=r"gateway\.endpoints\[0\].*anthropic"):
        load(environ=environ | {"LLMMIXER_GATEWAY_ENDPOINTS": "antropic"}, cwd=home)
    with pytest.raises(ConfigError, match=r"gateway\.base_url"):
        load(environ=environ | {"LLMMIXER_GATEWAY_BASE_URL": f"https://me:{KEY}@host"}, cwd=home)


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(pace="instant") as running:
        yield running


async def answer_of(pane: PanePlan) -> str:
    provider = create_provider(
        pane.endpoint_config, api_key=pane.api_key, base_url=pane.base_url, deadlines=Deadlines()
    )  # fmt: skip
    try:
        await provider.prepare()
        async with provider.stream(ChatRequest(model=pane.model, messages=(UserMessage(text="Hello"),))) as chunks:
            pieces = [chunk async for chunk in chunks]
    finally:
        await provider.close()
    assert isinstance(pieces[-1], Finished)
    return "".join(piece.text for piece in pieces if isinstance(piece, TextPiece))


def example() -> GatewayConfig:
    """The gateway of the README's example."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## A team\n")[2]
    table = tomllib.loads(text.partition("```toml\n")[2].partition("```")[0])["gateway"]
    table = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    return GatewayConfig(**table)


def test_a_run_through_the_gateway_of_the_readme(server: DemoServer, tmp_path: Path) -> None:
    """A user's own file, one key, no vendor's: three panes answer, and money is booked under their endpoints."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## A team\n")[2]
    file = tmp_path / "home" / "config" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text.partition("```toml\n")[2].partition("```")[0].replace(GATEWAY, server.url), encoding="utf-8")
    env = environment(LLMMIXER_HOME=str(tmp_path / "home"), LITELLM_PROXY_API_KEY=KEY)
    done = run("-p", "hello", "--output-format", "json", env=env, cwd=tmp_path)
    assert done.code == 0, done.err
    assert [(pane["pane"], pane["outcome"]) for pane in done.json()["panes"]] == [
        ("claude", "success"), ("gpt", "success"), ("gemini", "success"),
    ]  # fmt: skip
    spent = run("spend", "--json", env=env, cwd=tmp_path).json()
    assert {item["provider"] for item in spent["providers"]} == {"anthropic", "openai", "gemini"}
    assert all(item["unpriced_calls"] == 0 for item in spent["providers"])
    written = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert KEY.encode() not in written
    unset = run("-p", "hello", "--pane", "anthropic", env=env | {"LITELLM_PROXY_API_KEY": ""}, cwd=tmp_path)
    assert unset.code == 2
    assert "LITELLM_PROXY_API_KEY" in unset.err


async def test_every_sdk_reaches_the_gateway_of_the_readme_with_its_key_alone(
    home: Path, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in speaks the wires at LiteLLM's paths; the SDKs see vendors' keys and addresses around them."""
    for name, value in VENDOR_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    shown = example()
    gateway = GatewayConfig(base_url=server.url, api_key_env=shown.api_key_env, endpoints=shown.endpoints)
    environ = VENDOR_ENVIRONMENT | {shown.api_key_env[0]: KEY}
    panes = planned(configured(home, gateway), environ, "anthropic", "openai", "gemini", "compatible:llama")
    for pane in panes:
        assert await answer_of(pane), pane.endpoint
    assert [request.path.partition("?")[0] for request in server.requests] == [
        "/v1/messages",
        "/v1/responses",
        f"/v1beta/models/{panes[2].model}:streamGenerateContent",
        "/v1/chat/completions",
    ]
    sent = [
        {
            name.lower(): value
            for name, value in request.headers.items()
            if KEY in value or name.lower() in {"authorization", "x-api-key", "x-goog-api-key"}
        }
        for request in server.requests
    ]
    assert sent == [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"Bearer {KEY}"},
        {"x-goog-api-key": KEY},
        {"authorization": f"Bearer {KEY}"},
    ]
    assert VENDOR_KEY not in repr(server.requests)
    assert server.problems == ()
