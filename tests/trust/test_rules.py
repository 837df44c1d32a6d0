"""A person's own rules: how they are written, what they match, and that the strictest wins."""

from typing import Any

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.config.model_work import TrustConfig
from tui.core.trust import Decision
from tui.trust.rules import Rule, parse_rule


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_project(tmp_path_factory.mktemp("rules"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("allow run_command pytest -q", (Decision.ALLOW, "run_command", ("pytest", "-q"), "")),
        ("deny read_file secrets/**", (Decision.DENY, "read_file", (), "secrets/**")),
        ("ask  write_file", (Decision.ASK, "write_file", (), "")),
        ("deny *  *.pem", (Decision.DENY, "*", (), "*.pem")),
        ("deny run_command", (Decision.DENY, "run_command", (), "")),
        ("ask write_file my notes.md", (Decision.ASK, "write_file", (), "my notes.md")),
    ],
)
def test_rules_are_read(text: str, rule: tuple[Decision, str, tuple[str, ...], str]) -> None:
    decision, tool, words, path = rule
    assert parse_rule(text) == Rule(text=" ".join(text.split()), decision=decision, tool=tool, words=words, path=path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "at least two words"),
        ("allow", "at least two words"),
        ("permit read_file x", "begins with allow, ask or deny"),
        ("allow eat_file x", "no tool `eat_file`"),
        ("allow run_command", "every command"),
        ("allow run_command git *", "without quotes or shell characters"),
        ("allow run_command ls; rm", "without quotes or shell characters"),
        ("allow * src/**", "Name the tool"),
        ("deny read_file ../x", "without `..`"),
        ("deny read_file a\x1bb", "printable"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told.replace("*", r"\*")):
        parse_rule(text)


@pytest.mark.parametrize(
    ("rules", "tool", "args", "decision"),
    [
        (["allow run_command make test"], "run_command", "make test", "allow"),
        (["allow run_command npm run lint"], "run_command", "npm run lint src", "allow"),
        (["allow run_command make test"], "run_command", "make test SHELL=/x", "ask"),
        (["allow run_command make test"], "run_command", "make test -f x", "ask"),
        (["allow run_command make test"], "run_command", "make testing", "ask"),
        (["allow run_command make test"], "run_command", "make test ../x", "ask"),
        (["allow run_command make test"], "run_command", "make test .env", "deny"),
        (["allow run_command make test"], "run_command", "make test > x", "ask"),
        (["allow run_command bash"], "run_command", "bash x", "ask"),
        (["allow run_command git"], "run_command", "git push", "ask"),
        (["allow run_command git push"], "run_command", "git push", "ask"),
        (["allow run_command git commit"], "run_command", "git commit", "allow"),
        (["allow run_command find"], "run_command", "find . -delete", "ask"),
        (["allow run_command cat"], "run_command", "cat .env", "deny"),
        (["deny run_command git push"], "run_command", "git push origin", "deny"),
        (["deny run_command git push"], "run_command", "ls && git --no-pager push", "deny"),
        (["deny run_command git push"], "run_command", "env git push", "deny"),
        (["deny run_command git push"], "run_command", "sh -c 'git push'", "deny"),
        (["deny run_command git push"], "run_command", "if x; then git push; fi", "deny"),
        (["deny run_command git push"], "run_command", "/usr/bin/git push", "deny"),
        (["deny run_command git push"], "run_command", "git pushy", "ask"),
        (["ask run_command ls"], "run_command", "ls", "ask"),
        (["ask run_command ls", "deny run_command ls", "allow run_command ls"], "run_command", "ls", "deny"),
        (["deny run_command"], "run_command", "ls", "deny"),
        (["deny read_file docs/**"], "read_file", "docs/guide.md", "deny"),
        (["deny read_file docs/**"], "read_file", "docs/../docs/GUIDE.md", "deny"),
        (["deny read_file docs/**"], "read_file", "README.md", "allow"),
        (["ask * *.md"], "read_file", "docs/guide.md", "ask"),
        (["deny write_file src"], "write_file", "src/a.py", "deny"),
        (["deny write_file src"], "read_file", "src/a.py", "allow"),
        (["allow write_file package.json"], "write_file", "package.json", "ask"),
        (["allow read_file .env"], "read_file", ".env", "deny"),
    ],
)
def test_rules_decide(project: Project, rules: list[str], tool: str, args: str, decision: str) -> None:
    compiled = project.compiled(TrustConfig(auto_approve=True, rules=tuple(rules)))
    given: dict[str, Any] = {"command": args} if tool == "run_command" else {"path": args, "content": "x"}
    verdict = project.ask(tool, given, compiled)
    assert verdict.decision == decision, verdict


def test_an_allowing_rule_lets_a_change_pass_where_changes_ask(project: Project) -> None:
    compiled = project.compiled(TrustConfig(rules=("allow write_file docs/**",)))
    assert project.ask("write_file", {"path": "docs/x.md", "content": "x"}, compiled).decision == "allow"
    assert project.ask("write_file", {"path": "src/x.py", "content": "x"}, compiled).decision == "ask"
    assert project.ask("write_file", {"path": "docs/etc/x", "content": "x"}, compiled).decision == "ask"
