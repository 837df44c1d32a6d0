"""Markdown documents the tests of the streaming pane share."""

from typing import Final

# fmt: off
DOCUMENTS: Final[dict[str, str]] = {
    "empty": "",
    "blank": "\n\n  \n",
    "prose": "One paragraph.\n\nAnother, **bold** and `code`,\nwith a second line.\n",
    "no end": "A text without a line end",
    "headings": "# One\n## Two\nbelow\n### Three ###\n\nSetext\n======\nbelow\n\nSecond\n---\n",
    "lists":
        "Steps:\n- a\n- b **bold**\n  - nested\n    continued\n\n  second paragraph\n\n- c\n\n1. x\n2. y\n10) z\n",
    "tasks": "- [ ] open\n- [x] done\n* * *\n+ other\n",
    "fence in list":
        "1. first\n   ```python\n   def f():\n\n       return 1\n   ```\n2. second\n\n```\ntop\n```\n3. third\n",
    "fences": "```python\nx = 1  # one\n```\n~~~~ text\n```\ninner\n~~~~\n````md\n```\n````\nafter\n",
    "unclosed fence": "text\n```js\nconst a = 1;\n\n  if (a) {\n",
    "indented fence": "  ```c\n  int main;\n    return;\n  ```\n\n    indented\n\n    code\nnot code\n",
    "table": "| a | b |\n|---|:-:|\n| 1 | two words |\n| `x` | **y** |\n\nafter\n",
    "wide table":
        "| name | text |\n|---|---|\n| 日本語 | " + "many words here " * 8 + "|\n",
    "too many columns":
        "|"
    + "|".join("abcdefghijklmnop")
    + "|\n|"
    + "-|" * 16
    + "\n|"
    + "|".join(["xyz"] * 16)
    + "|\n",
    "quotes": "> one\nlazy\n> > nested\n>\n> - list\n\n> second\n- list after\n",
    "references":
        "See [one][1] and [two].\n\nMore [one][1].\n\n"
        "[1]: https://example.com/one\n[two]: <https://example.com/two> 'T'\n",
    "html": "<div>\n<b>not bold</b> &amp; &#x1b;[31m &#x202e;x\n</div>\n\n<!-- comment\n\nstill -->\n",
    "rules": "a\n\n---\n\n***\nb\n___\n",
    "wide":
        "日本語のテキストは空白なしに続きます。とても長いので折り返されるはずです。\n\n"
        "👩‍👩‍👧 family 🇩🇪 flag é e\u0301 ｆｕｌｌ\n",
    "links": "[a](https://example.com) <https://example.com/x> ![alt](pic.png) [js](javascript:x) [self](#a)\n",
    "long word": "x" * 150 + " end\n",
    "tabs": "\tcode\n\n-\titem\n\tmore\n\n```\n\ta\tb\n```\n",
    "blank runs": "a\n\n\n\n\nb\n```\n\n\n```\n\n\n\n- c\n\n\n- d\n",
    "long line": "word " * 2000 + "\n\nafter it\n",
    "long line in fence": "```\n" + "abcdefghi " * 1000 + "\nnext\n```\n",
    "long fence": "```python\n" + "".join(f"value_{n} = {n}\n" for n in range(450)) + "```\nafter\n",
    "long list": "".join(f"{n}. item number {n}\n" for n in range(1, 450)),
    "long table": "| n | square |\n|--:|--:|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(450)),
    "long paragraph": "".join(f"line {n}\n" for n in range(450)),
    "unbroken line": "y" * 9000 + "\nz\n",
}
