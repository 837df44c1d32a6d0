"""What a prompt is about, and the material for an answer to it, before any vendor's manner."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.demo.glossary import GLOSSARY_PATTERN, known_subject
from tui.demo.recipes import RECIPES, Recipe
from tui.demo.wording import entries_in, key_words, subject_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What there is to say. `points` are pairs of a lead and a sentence; `edges` pairs of a case and what happens."""

    subject: str
    summary: str
    points: tuple[tuple[str, str], ...]
    edges: tuple[tuple[str, str], ...]
    language: str = ""
    code: str = ""
    test: str = ""
    cost: str = ""
    link: tuple[str, str] | None = None
    question: str = "What should happen next?"
    table: str = ""
    is_greeting: bool = False


def _python(prompt: str) -> Material:
    words = {word.lower() for word in re.findall(r"\w+", prompt)}
    scored = [(len(words & set(recipe.words)), recipe) for recipe in RECIPES]
    score, recipe = max(scored, key=lambda pair: pair[0])
    return _known(recipe) if score else _sketch(prompt)


def _known(recipe: Recipe) -> Material:
    return Material(
        subject=f"`{recipe.name}`",
        summary=f"`{recipe.name}` {recipe.does}.",
        points=(
            ("The idea", f"It {recipe.does}; there is no state outside the function."),
            ("The cost", f"{recipe.cost}."),
            ("The contract", "Types and docstring say what goes in, what comes out and what is refused."),
        ),
        edges=recipe.edges,
        language="python",
        code=recipe.code,
        test=recipe.test,
        cost=recipe.cost,
        link=("the Python documentation", "https://docs.python.org/3/"),
        question="Which inputs do your callers really have, and which of them is the strangest?",
    )


def _sketch(prompt: str) -> Material:
    name = "_".join(word.lower() for word in key_words(prompt, 3) if word.isascii()) or "solve"
    name = re.sub(r"\W", "_", name)
    code = f'''def {name}(value: str) -> str:
    """Return the result for value. Raises ValueError for what cannot be handled."""
    if not value:
        raise ValueError("value must not be empty")
    raise NotImplementedError("the stand-in does not know this one by heart")'''
    test = f"""import pytest

def test_{name}_refuses_nothing():
    with pytest.raises(ValueError):
        {name}("")"""
    return Material(
        subject=f"`{name}`",
        summary=f"I know the shape of `{name}`, but not its body: a real model would fill it in.",
        points=(
            ("Start with the contract", "One input, one output, one kind of error, all in the signature."),
            ("Refuse early", "What cannot be handled is refused in the first line, not discovered in the last."),
            ("Then the body", "Write the simplest version that passes the first test, then the next test."),
        ),
        edges=(("nothing", "refused with `ValueError`"), ("far too much", "decide on a limit and name it")),
        language="python",
        code=code,
        test=test,
        cost="unknown until the body exists",
        question=f"What exactly should `{name}` return for a typical input?",
    )


def _pasted(prompt: str) -> Material:
    fenced = re.search(r"```([\w+-]*)\n(.*?)(?:```|\Z)", prompt, re.S)
    language, code = (fenced[1] or "text", fenced[2]) if fenced else ("python", prompt)
    lines = code.strip("\n").splitlines()
    names = re.findall(r"\b(?:def|class|fn|func|function|interface|struct)\s+(\w+)", code)
    longest = max(lines, key=len, default="").strip()
    named = ", ".join(f"`{name}`" for name in names[:4]) or "no named function"
    return Material(
        subject=f"your {language} code",
        summary=f"I count {len(lines)} lines with {named}. I can count and quote; judging takes a real model.",
        points=(
            ("What is there", f"{len(lines)} lines, {sum(not line.strip() for line in lines)} of them empty; {named}."),
            ("The longest line", f"has {len(longest)} characters: `{longest[:60].replace('`', chr(39))}`."),
            ("Comments", f"{sum(line.strip().startswith(('#', '//', '--')) for line in lines)} lines begin with one."),
        ),
        edges=(("empty input", "what should the first line do?"), ("twice in a row", "is anything left over?")),
        language=language,
        code="\n".join(lines[:24]),
        test=f"def test_{names[0] if names else 'it'}_for_nothing():\n    ...  # the smallest input you can think of",
        question="Which of these lines worries you?",
    )


def _regex(prompt: str) -> Material:
    del prompt
    return Material(
        subject="a regular expression",
        summary="Name the groups, anchor both ends, and test what must *not* match.",
        points=(
            ("Anchors", "`fullmatch` instead of `search`, so that nothing hides before or behind."),
            ("Names", "`(?P<year>...)` documents itself and survives the next group."),
            ("Limits", "A pattern checks the form; whether 30 February exists is for `date.fromisoformat`."),
        ),
        edges=(
            ("2026-02-30", "has the form, is no date"),
            ("２０２６-01-01", "full-width digits match `\\d`, not `[0-9]`"),
        ),
        language="python",
        code="""import re

ISO_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])")

def is_iso_date(text: str) -> bool:
    return ISO_DATE.fullmatch(text) is not None""",
        test="""import pytest

@pytest.mark.parametrize("text", ["2026-13-01", "2026-1-1", " 2026-01-01", "2026-01-01\\n", "２０２６-01-01"])
def test_what_is_no_date(text):
    assert not is_iso_date(text)""",
        cost="linear: no nested repetition",
        link=("the `re` module", "https://docs.python.org/3/library/re.html"),
        question="Which three texts must match, and which three must not?",
    )


def _git(prompt: str) -> Material:
    del prompt
    return Material(
        subject="git",
        summary="Look first, then change; nothing committed is ever really lost.",
        points=(
            ("Look", "`git status` and `git log --oneline --graph` before anything else."),
            ("Undo a commit, keep the work", "`git reset --soft HEAD~1` moves the branch, not your files."),
            ("Undo in public", "`git revert` adds a commit that takes another back; nobody has to be told."),
        ),
        edges=(("already pushed", "revert, do not rewrite"), ("lost commit", "`git reflog` still knows it")),
        language="bash",
        code="""git switch -c fix/parser        # a branch of its own
git add -p                      # choose what belongs together
git commit -m "Refuse empty input"
git fetch && git rebase origin/main
git push -u origin fix/parser""",
        test="""git stash list                  # is anything waiting here?
git diff --check                # conflict marks, stray blanks
git log origin/main..HEAD       # what would be pushed?""",
        link=("Pro Git", "https://git-scm.com/book"),
        question="Has the branch been pushed yet? That decides between rewriting and reverting.",
    )


def _sql(prompt: str) -> Material:
    del prompt
    return Material(
        subject="a query",
        summary="Filter early, join on keys, and let an index carry the order.",
        points=(
            ("Filter", "`WHERE` before `GROUP BY`; `HAVING` only for what is known after grouping."),
            ("Join", "A `LEFT JOIN` keeps customers without orders; an inner one silently drops them."),
            ("Index", "On `(customer_id, placed_on)`: it serves the join and the date at once."),
        ),
        edges=(
            ("NULL amounts", "`sum` ignores them; `coalesce` decides"),
            ("no orders", "the left join gives 0, not nothing"),
        ),
        language="sql",
        code="""SELECT c.name, count(o.id) AS orders, coalesce(sum(o.amount), 0) AS total
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id AND o.placed_on >= date '2026-01-01'
GROUP BY c.id, c.name
ORDER BY total DESC
LIMIT 10;""",
        test="""-- nobody may be lost by the join
SELECT (SELECT count(*) FROM customers) = count(DISTINCT c.id) AS all_there
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id;""",
        link=("Use The Index, Luke", "https://use-the-index-luke.com/"),
        question="Which database is it? Dates and limits are written differently in some.",
    )


def _bash(prompt: str) -> Material:
    del prompt
    return Material(
        subject="a shell script",
        summary="Stop at the first error, quote every variable, and clean up in a trap.",
        points=(
            ("Strict mode", "`set -euo pipefail` turns silent failures into loud ones."),
            ("Quotes", '`"$file"` survives blanks; `$file` does not.'),
            ("Cleaning up", "`trap ... EXIT` runs on success, error and Ctrl+C alike."),
        ),
        edges=(
            ("names with blanks or newlines", "`-print0` and `read -d ''`"),
            ("no match", "the loop runs zero times"),
        ),
        language="bash",
        code="""#!/usr/bin/env bash
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

while IFS= read -r -d '' file; do
    printf '%s %s\\n' "$(wc -l < "$file")" "$file"
done < <(find "${1:-.}" -name '*.py' -print0) | sort -rn | head -n 10""",
        test="""shellcheck script.sh
mkdir -p "a dir" && printf 'x\\n' > "a dir/one file.py" && ./script.sh .""",
        link=("ShellCheck", "https://www.shellcheck.net/"),
        question="Must it run under plain `sh` as well? Then the arrays and `pipefail` have to go.",
    )


def _product(prompt: str) -> Material:
    del prompt
    return Material(
        subject="LLMMixer",
        summary="One prompt goes to several models side by side; keys are read from the environment, never from files.",
        points=(
            (
                "Keys",
                "Set `ANTHROPIC_API_KEY`, `OPENAI_API_KEY` or `GEMINI_API_KEY` and start again: the demo makes way.",
            ),
            ("Panes and roles", "`[[panes]]` in the configuration names provider, model and role of each pane."),
            ("One pane only", "Begin a prompt with `@claude`, `@gpt` or `@gemini`."),
            ("Themes", "Switch them live; your own go into the `themes` folder of the configuration."),
            ("Money", "Every pane shows what its answers cost; in the demo that is nothing, because nothing is asked."),
        ),
        edges=(("no key at all", "this demo"), ("a local server", "any OpenAI-compatible one works as `compatible`")),
        language="toml",
        code="""[[panes]]
provider = "anthropic"
role = "review"

[[panes]]
provider = "openai"

[ui]
theme = "llmmixer-dark\"""",
        test="""llmmixer doctor        # keys, versions, models, terminal
llmmixer config        # effective values and where each comes from""",
        link=("the README", "https://example.org/llmmixer"),
        question="Which key do you have? One is enough to begin with.",
    )


def _greeting(prompt: str) -> Material:
    del prompt
    return Material(
        subject="a beginning",
        summary="Hello! Ask for a function, a query, a table or an explanation, or pick a scene from the list.",
        points=(
            ("Ask something", "For example: *write a Python function that merges two sorted lists*."),
            ("Watch something fail", "Type `demo:overloaded` or `demo:cut`, and see the other panes go on."),
            ("Go on", "I remember the conversation: a second question is a second turn."),
        ),
        edges=(("no question", "a greeting back"), ("こんにちは", "also fine: wide characters are welcome")),
        language="text",
        code="demo:fix   demo:danger   demo:thinking   demo:markdown   demo:unicode",
        question="What would you like to see first?",
        is_greeting=True,
    )


def _identity(prompt: str) -> Material:
    del prompt
    return Material(
        subject="who is speaking",
        summary="I am the demo's embedded stand-in: a small program with rules, not a language model.",
        points=(
            (
                "What I am",
                "A server on this machine that speaks the vendors' protocols to their real client libraries.",
            ),
            ("What I can do", "Recognise some subjects, quote your words, fail on demand, and keep a human pace."),
            ("What I cannot", "Know, judge or reason. For that, set a key and start again."),
        ),
        edges=(
            ("a question beyond my rules", "you get its shape, not its answer"),
            ("offline", "everything still works"),
        ),
        language="bash",
        code="export ANTHROPIC_API_KEY=...   # or OPENAI_API_KEY, GEMINI_API_KEY\nllmmixer",
        question="Do you have a key for one of the vendors?",
    )


def _explain(prompt: str) -> Material:
    subject = subject_of(prompt)
    known = known_subject(prompt)
    if known is not None:
        return Material(
            subject=known.name,
            summary=known.summary,
            points=known.points,
            edges=known.edges,
            language=known.language,
            code=known.code,
            test=known.test,
            link=known.link,
            question=f"Which part of {known.name} would you like to see in your own code?",
        )
    words = key_words(subject, 3) or [subject]
    return Material(
        subject=subject,
        summary=f"I do not know *{subject}* by heart; the way into it is to part what it promises from how it does it.",
        points=(
            ("The promise", f"What may somebody rely on who uses {words[0]} without looking inside?"),
            ("The mechanism", f"Which one idea makes {words[-1]} work, and what would break without it?"),
            ("The price", "What is slower, larger or harder because of it? Nothing is free."),
        ),
        edges=(
            ("the smallest case", f"{words[0]} with nothing in it"),
            ("the largest case", "where does it stop to scale?"),
        ),
        question=f"Which part of *{subject}* do you need: the promise, the mechanism or the price?",
    )


def _listing(prompt: str) -> Material:
    words = entries_in(prompt)
    rows = "\n".join(
        f"| {n} | {word.capitalize()} | {len(word)} | to be filled in |" for n, word in enumerate(words, 1)
    )
    named = ", ".join(words) or "nothing I could take as an entry"
    return Material(
        subject=" and ".join(words[:2]) or "an empty list",
        summary=f"From your words I take as entries: {named}. What belongs beside them is not mine to invent.",
        points=(
            ("Entries first", f"{len(words)} of them; one row each, and no row twice."),
            ("Then the columns", "A column is a question that every row can answer."),
            ("Then the order", "By what the reader looks for, not by what was found first."),
        ),
        edges=(("no entries", "say so, do not show an empty box"), ("ties", "keep the order they came in")),
        table=f"| # | Entry | Letters | Remark |\n|---:|---|---:|---|\n{rows}\n" if words else "",
        question="Which question should the columns answer?",
    )


Builder = Callable[[str], Material]
_TOPICS: Final[tuple[tuple[re.Pattern[str], Builder], ...]] = tuple(
    (re.compile(pattern, re.I | re.M), builder)
    for pattern, builder in (
        (r"```|^\s*(?:def|class) \w+.*:\s*$|^\s*import \w+\s*$", _pasted),
        (r"\b(?:who|what) are you\b|\bare you (?:real|an? )|\byour name\b", _identity),
        (r"\bllmmixer\b|\b(?:api )?keys?\b|\bbudgets?\b|\bthemes?\b|\bpanes?\b", _product),
        (r"\breg(?:ular )?ex(?:p(?:ression)?)?s?\b", _regex),
        (GLOSSARY_PATTERN, _explain),
        (r"\bgit\b|\brebase\b|\bcommits?\b|\bbranch(?:es)?\b", _git),
        (r"\bsql\b|\bselect\b.*\bfrom\b|\bquery\b|\bdatabase\b", _sql),
        (r"\bbash\b|\bshell\b|\bscript\b", _bash),
        (r"\bpython\b|\bfunction\b|\bwrite (?:a|some) (?:unit )?tests?\b", _python),
        (r"\btable\b|\blist\b|\bcompare\b|\bcomparison\b", _listing),
        (r"^\W*(?:hello|hi|hey|good (?:morning|evening|day)|hallo|bonjour|hola|こんにちは|你好|안녕)\b", _greeting),
    )
)


def material_for(prompt: str) -> Material:
    """Return what there is to say to `prompt`."""
    return next((builder(prompt) for pattern, builder in _TOPICS if pattern.search(prompt)), None) or _explain(prompt)
