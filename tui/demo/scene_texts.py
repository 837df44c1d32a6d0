"""The words of the scenes."""

from collections.abc import Mapping
from typing import Final

from tui.demo.script import FaultKind, Step, Text

PROMPTS: Final[Mapping[str, str]] = {
    "fix": "A test fails. Find out why, mend it, and show me that the tests pass.",
    "explore": "Have a look around this project.",
    "several": "Add a function that writes amounts, with tests and a page about it.",
    "danger": "Tidy up and publish the branch.",
    "inject": "Summarise docs/supplier-notes.md.",
    "interactive": "Uninstall the export plugin and unlock the release.",
    "tool": "What does this project's README promise?",
    "overloaded": "Compare three ways to cache a function's result.",
    "flaky": "Explain what an idempotent request is.",
    "rate-limit": "Write a regular expression for ISO dates.",
    "quota": "Explain what an index does in a database.",
    "mid-error": "Sketch a plan to split a large module.",
    "cut": "Explain how a hash map resolves collisions.",
    "no-end": "List the stages of a compiler.",
    "stall": "Write a Python function that merges two sorted lists.",
    "slow-start": "Say hello when you are awake.",
    "malformed": "Show a table of common exit codes.",
    "empty": "Is there anything to add?",
    "long": "Tell me everything about reviewing a change.",
    "huge": "Print everything you have.",
    "hostile": "Quote the log file exactly as it is.",
    "thinking": "Is it better to retry inside or outside a circuit breaker?",
    "bad-key": "Hello!",
    "too-long": "Summarise the whole repository.",
    "refusal": "Do something you should not.",
    "max-tokens": "Write a very long poem about pointers.",
    "markdown": "Show me everything Markdown can do.",
    "unicode": "Greet me in as many scripts as you can.",
}

BROKEN_THINKING: Final = "The question is clear. I start with the short answer, then the reasons."
_HALF: Final = (
    "## The short answer\n\nYes, and the reason is simple: **the part that changes most should be the smallest**. "
    "Three things follow from it:\n\n1. Keep the interface narrow.\n2. Test the behaviour, not the shape.\n"
    "3. Move one caller at a time, because "
)
BROKEN: Final[Mapping[FaultKind, str]] = {
    FaultKind.ERROR: _HALF + "each step must be safe to",
    FaultKind.ERROR_NESTED: _HALF + "each step must be safe to",
    FaultKind.ERROR_FAILED: _HALF + "each step must be safe to",
    FaultKind.CUT: _HALF + "when the connection breaks in the middle of a sen",
    FaultKind.NO_END: _HALF + "nobody can tell whether this was the end",
    FaultKind.STALL: _HALF + "then it pays to wait and",
    FaultKind.MALFORMED: _HALF + "data can be broken as well",
}
AFTER_STALL: Final = " then the words come back, as if nothing had been. That was the stall.\n"
SLOW_START: Final = (
    "Good morning. The request was accepted at once, but nothing came back for a while: so it looks when a local "
    "model is loaded into memory, or when a provider's queue is long.\n\n- The pane showed that it was waiting.\n"
    "- The other panes were not held up.\n"
)
FLAKY: Final = (
    "**A request is idempotent when sending it twice does what sending it once does.** That is what makes it safe to "
    "repeat:\n\n- *Read* something: repeat it as often as you like.\n- *Set* a value: the second time changes "
    "nothing.\n- *Add* to a value: here a repetition needs a key, so that the other side can tell it from a second "
    "order.\n\nThis answer is an example: twice the provider had no capacity, and it was asked again each time "
    "after a pause. Nothing had been shown yet, so nothing was said twice.\n"
)
LONG_THINKING: Final = (
    "Let me take this apart before I answer.\n\nFirst, what is really asked? There are two readings: one is about "
    "the order of the two layers, the other about who owns the waiting. The first is the one that matters, because "
    "the second follows from it.\n\nSuppose the retry sits inside. Then three attempts count as one failure, the "
    "breaker opens late, and a caller waits through every back-off even though the service is known to be down. "
    "Suppose it sits outside. Then each attempt is one observation, the breaker opens after as many as were "
    "configured, and the next retry is refused at once: cheap for us, kind to them.\n\n"
)
MORE_THINKING: Final = (
    "What speaks against it? A retry outside must not treat an open circuit as a reason to try again "
    "immediately, or it would spin. So it has to know when the circuit will let something through, and wait for that "
    "moment or give up. That is a number the breaker can hand out.\n\nOne more check: a stream that has already shown "
    "words must not be repeated, wherever the retry sits. That rule is independent of the order.\n\nI am confident "
    "now; the answer can be short."
)
HIDDEN_THINKING: Final = "A part of the thinking that the provider keeps to itself."
AFTER_THINKING: Final = (
    "**Outside.** Retry wraps the breaker, for three reasons:\n\n| | retry inside | retry outside |\n|---|---|---|\n"
    "| failures seen by the breaker | one of three | every one |\n| time until it opens | long | as configured |\n"
    "| cost of a call while open | full back-off | nothing |\n\nWhatever the order, never repeat a call whose words "
    "were already shown.\n"
)
DECLINED: Final = "I can't help with that. (This is a scene of the demo: a refusal looks like this.)"
CUT_SHORT: Final = (
    "# Pointers, a poem\n\n> I point to you, you point to me,\n> a cycle no one will set free.\n> We ask the heap to "
    "let us go,\n> the counter says: not zero, no.\n>\n> A weaker link would break the chain,\n> and give the memory "
    "back a"
)
HOSTILE: Final = (
    "The log says, exactly as written:\n\n"
    "clipboard: \x1b]52;c;cm0gLXJmIH4=\x07 done\n\n"
    "title: \x1b]0;you have been renamed\x07 done\n\n"
    "cursor: \x1b[2J\x1b[1;1H\x1b[31mEverything is fine\x1b[0m\x1b[10A done\n\n"
    "screen: \x1b[?1049h\x1b[?25l\x1bc done\n\n"
    "eight-bit: \x9b31m red \x9d0;title\x9c done\n\n"
    "overprint: total 9,999\rtotal 1\x08\x08\x08 done\n\n"
    "bidi: access = \u202e\u2066// admin\u2069 \u2066check\u2069\u202c done\n\n"
    "zero width: pass\u200bword\u200d\u2060\ufeff done\n\n"
    "tags: ok\U000e0068\U000e0069 done\n\n"
    "markup: [@click=app.quit]press here[/] and [red]red[/red] and [link=file:///etc/passwd]a link[/link] done\n\n"
    "```sh\necho '\x1b]52;c;ZXZpbA==\x07'\n```\n\n"
    "| cell | \x1b[5mblink\x1b[0m |\n|---|---|\n"
    "| [bold]x[/bold] | \x1b]8;;http://evil.example\x07here\x1b]8;;\x07 |\n\n"
    "Nothing of this should have had any effect. **HOSTILE-END**\n"
)
MARKDOWN: Final = """# Everything Markdown can do

A paragraph with **bold**, *italic*, ***both***, `inline code`, ~~struck~~ words and a
[link to the documentation](https://example.org/docs "a title"). A bare address such as <https://example.org> too.
A line that ends with two spaces\x20\x20
breaks here, and \\*escaped stars\\* stay stars.

## Lists

- one
- two, with a second paragraph

  that belongs to the same item
- three
  - nested
    - and deeper
      ```python
      def inside_a_list(depth: int) -> str:
          return "code in a nested item" * depth
      ```
  - back one level

3. an ordered list may start at three
4. and go on
   > with a quote inside

- [x] a task that is done
- [ ] a task that is not

## A table

| Vendor | Wire | Streams | Price per MTok |
|:-------|:----:|---------|---------------:|
| Claude | Messages | named events | 2.00 |
| GPT | Responses | numbered events | 2.00 |
| Gemini | `streamGenerateContent` | data lines | 2.00 |
| 日本語 | 全角 | ワイド文字 | 1.00 |

## Code

```rust
fn main() {
    let answer: u32 = (1..=6).product::<u32>() / 17; // close enough
    println!("{answer}");
}
```

```diff
-old = slow(path)
+new = fast(path)
```

~~~
a fence of tildes without a language
~~~

    indented code, as in 2004

## Quotes and rules

> A quote,
> over two lines.
>
> > And a quote in it, with `code`.

---

### Third level
#### Fourth level
##### Fifth level
###### Sixth level

A setext heading
================

A reference [by name][ref] and an image: ![a picture](https://example.org/picture.png)

An entity: &copy; &lt;not a tag&gt;, and <b>inline HTML</b> that stays text.

[ref]: https://example.org/reference
"""
UNICODE: Final = """# Unicode, all of it

| Script | Greeting | Remark |
|---|---|---|
| 日本語 | こんにちは、世界 | two cells a character |
| 中文 | 你好，世界 | 全角标点：，。！ |
| 한국어 | 안녕하세요 세계 | and decomposed: 안녕 |
| हिन्दी | नमस्ते दुनिया | vowel signs |
| ไทย | สวัสดีชาวโลก | marks above and below |
| العربية | مرحبا بالعالم | right to left |
| עברית | שלום עולם | right to left |
| Ελληνικά | Γειά σου Κόσμε | |
| Русский | Привет, мир | |

- Emoji: 😀 🚀 🎉 ❤️ ✅ ⚠️ 1️⃣
- Joined: 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🧑🏽‍🚀
- Flags: 🇯🇵 🇩🇪 🇧🇷
- Combining: é ñ ů Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L
- Ambiguous width: ° ± § ¶ × ÷ α β → ■ ● ※
- Half width: ﾊﾝｶｸ and full width: ＦＵＬＬ
- Mathematics: ∑ᵢ xᵢ² ≤ ∞, 𝔘𝔫𝔦𝔠𝔬𝔡𝔢, 𝟜𝟚

> 「引用文」 also inside a quote: 春はあけぼの。やうやう白くなりゆく山際、すこしあかりて、紫だちたる雲の\
細くたなびきたる。

```python
名前 = "世界"
print(f"こんにちは、{名前}！ 🎌")
```
"""
_PARTS: Final = ("the interface", "the tests", "error handling", "naming", "concurrency", "data and migrations")
_LENSES: Final = ("What to look for", "What goes wrong", "A worked example", "Questions to ask")


def _section(number: int, part: str, lens: str) -> str:
    return f"""
## {number}. {lens}: {part}

When a change touches **{part}**, read it twice: once as the person who will call it, once as the person who will be
woken by it. The first reading asks whether {part} can be understood without the rest; the second asks what is left
standing when one piece of it fails. Most remarks worth making about {part} come from the second reading, and most
remarks actually made come from neither, but from a habit of looking at lines instead of behaviour.

- Start with the smallest example that shows {part} in use, and see whether it still fits on one screen.
- Follow one value from where it enters to where it leaves; write down every place where it changes its meaning.
- Look for the case nobody wrote: nothing, one, two, too many, twice, late, never.
- Compare what the description promises about {part} with what the code does; the difference is the review.

```python
def review_{number}(change: Change) -> list[Remark]:
    \"\"\"Remarks on {part}, most important first.\"\"\"
    remarks = [check(change) for check in CHECKS["{part}"]]
    return sorted(filter(None, remarks), key=lambda remark: -remark.weight)
```

| Sign | What it often means | What to ask |
|---|---|---|
| a flag as argument | two functions in one | which caller passes which? |
| a comment that says *what* | a missing name | what would it be called? |
| a test that mirrors the code | nothing is checked | which bug would it catch? |
| a retry without a limit | a quiet overload | who pays for the last attempt? |

Two habits help with {part}. The first is to **say what is good** and why, because it tells the author what to keep
when everything else moves. The second is to separate what must change from what you would have done: the former needs
a reason that would convince a stranger, the latter needs only one friendly sentence. See the
[notes on {part}](https://example.org/review/{number}) for more.

> A review is finished when both sides would be content to answer for the change on a bad day, section {number}.
"""


def long_steps() -> list[Step]:
    """The long answer, section by section: about six thousand words."""
    order = [(part, lens) for lens in _LENSES for part in _PARTS][:19]
    sections: list[Step] = [Text(_section(number, *pair)) for number, pair in enumerate(order, 1)]
    opening = "# Everything about reviewing a change\n\nA long answer, so that there is something to scroll.\n"
    return [Text(opening), *sections, Text("\n---\n\nThat is all of it. 完\n")]
