"""Source code to styled lines, with Pygments when it knows the language."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from tui.ui.render.palette import Palette
from tui.ui.render.rows import Run

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_MAX_HIGHLIGHTED: Final = 40_000
_ALIASES: Final = {
    "shell": "bash",
    "console": "console",
    "zsh": "bash",
    "jsonc": "json",
    "plain": "text",
    "txt": "text",
}
_TOKEN_ROLES: Final = {
    "Token.Keyword": "token-keyword",
    "Token.Keyword.Type": "token-type",
    "Token.Operator.Word": "token-keyword",
    "Token.Name.Function": "token-name",
    "Token.Name.Class": "token-name",
    "Token.Name.Tag": "token-keyword",
    "Token.Name.Attribute": "token-name",
    "Token.Name.Decorator": "token-type",
    "Token.Name.Builtin": "token-type",
    "Token.Name.Exception": "token-type",
    "Token.Name.Constant": "token-number",
    "Token.Literal.String": "token-string",
    "Token.Literal.Number": "token-number",
    "Token.Literal.Date": "token-number",
    "Token.Comment": "token-comment",
    "Token.Comment.Preproc": "token-type",
    "Token.Generic.Inserted": "token-inserted",
    "Token.Generic.Deleted": "token-deleted",
    "Token.Generic.Heading": "token-keyword",
    "Token.Generic.Subheading": "token-name",
    "Token.Generic.Prompt": "token-comment",
    "Token.Generic.Output": "token-comment",
}


@lru_cache(maxsize=64)
def _lexer(language: str) -> "Lexer | None":
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(_ALIASES.get(language, language), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1024)
def _role(token_type: Any) -> str:
    while token_type is not None:
        if role := _TOKEN_ROLES.get(str(token_type)):
            return role
        token_type = token_type.parent
    return "code-block"


def language_of(info: str) -> str:
    """Return the language an info string names, in lower case: "" when it names none."""
    name = info.replace("{", " ").replace("}", " ").replace(",", " ").split()
    return name[0].lstrip(".").lower() if name else ""


def code_lines(source: str, language: str, palette: Palette) -> list[list[Run]]:
    """Return the runs of every line of `source`; tabs become spaces."""
    source = source.expandtabs(4)
    plain = palette["code-block"]
    lexer = _lexer(language) if language and len(source) <= _MAX_HIGHLIGHTED else None
    if lexer is None:
        return [[(line, plain)] if line else [] for line in source.split("\n")]
    lines: list[list[Run]] = [[]]
    for token_type, text in lexer.get_tokens(source + "\n"):  # some lexers need the line end
        style = palette[_role(token_type)]
        first, *rest = text.split("\n")
        if first:
            lines[-1].append((first, style))
        lines.extend([(part, style)] if part else [] for part in rest)
    return lines[:-1]
