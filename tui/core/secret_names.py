"""Which names hold a secret, and which values beside such a name are none.

A name counts by its whole words: `api_token` holds a secret, `max_tokens`, `token_count` and `public_key` do not.
"""

import re
from enum import IntEnum
from functools import lru_cache
from typing import Final

LABEL: Final = re.compile(r"\[masked:[a-z]+:[0-9a-f]{4}\]")
"""What stands in place of a secret."""


class Strength(IntEnum):
    """How much a name says about its value."""

    NONE = 0
    WEAK = 1
    """The value must look random and be long."""
    RANDOM = 2
    """The value must look random: tokens and keys are made by machines."""
    ANY = 3
    """Whatever stands there is the secret: people choose passwords that look like words."""


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[가-힣]+")
_MODIFIERS: Final = frozenset(
    (
        "prod", "production", "dev", "development", "test", "testing", "staging", "stage", "live", "sandbox", "old",
        "new", "current", "previous", "primary", "secondary", "value", "val", "text", "plain", "plaintext", "raw",
        "base", "base64", "b64", "enc", "encrypted", "default", "local", "main", "backup", "hash", "hashed",
    )
)  # fmt: skip
_PASSWORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "requirepass",
    "masterauth",
    "비밀번호",
    "패스워드",
    "암호",
)
_SHORT_PASSWORDS: Final = frozenset(
    ("pass", "pwd", "pw", "psw", "pswd", "dbpass", "userpass", "smtppass", "mypwd", "pgpass")
)
_SECRETS: Final = frozenset(
    (
        "secret", "clientsecret", "appsecret", "secretkey", "secretkeybase", "mnemonic", "seedphrase", "credential",
        "credentials", "cred", "creds",
    )
)  # fmt: skip
_TOKENS: Final = frozenset(
    (
        "token", "authtoken", "accesstoken", "refreshtoken", "idtoken", "bearertoken", "sessiontoken", "usertoken",
        "bottoken", "apitoken", "csrftoken", "xsrftoken", "secrettoken", "privatetoken", "jwt", "bearer",
        "authorization", "cookie", "apikey", "accesskey", "privatekey", "authkey", "accountkey", "sharedaccesskey",
        "sharedaccesssignature", "encryptionkey", "signingkey", "licensekey", "masterkey", "subscriptionkey",
        "sessionid", "phpsessid", "jsessionid", "sessid", "토큰", "키", "인증키", "비밀키", "시크릿",
    )
)  # fmt: skip
_TOKEN_NOT: Final = frozenset(
    (
        "max", "min", "next", "page", "nextpage", "prev", "previous", "continuation", "eos", "bos", "pad", "unk", "sep",
        "cls", "mask", "stop", "special", "start", "end", "begin", "first", "last", "per", "each", "image", "audio",
        "text", "input", "output", "prompt", "completion", "total", "num", "number", "cached", "reasoning", "thinking",
        "sync", "lookahead", "punctuation", "string", "comment", "cancellation",
    )
)  # fmt: skip
_KEY_BEFORE: Final = frozenset(
    (
        "api", "access", "secret", "private", "auth", "encryption", "encrypt", "signing", "sign", "master", "service",
        "account", "license", "licence", "shared", "storage", "webhook", "session", "deploy", "ssh", "client",
        "consumer", "app", "application", "admin", "subscription", "security", "hmac", "jwt", "crypto", "data",
        "developer", "server", "write", "ingest", "integration", "project", "rsa", "ec", "tls", "ssl", "anthropic",
        "openai", "gemini", "google", "aws", "azure", "stripe", "groq", "mistral", "cohere", "deepseek", "openrouter",
        "huggingface", "replicate", "github", "gitlab", "slack", "sendgrid", "twilio", "datadog", "newrelic", "algolia",
        "maps", "firebase", "supabase", "pinecone", "langsmith", "fernet", "aes", "dsa", "wallet", "recovery", "backup",
    )
)  # fmt: skip
_NOT_SECRET: Final = frozenset(
    ("public", "pub", "publishable", "anonymous", "cache", "primary", "foreign", "sort", "partition")
)


@lru_cache(maxsize=2048)
def name_strength(name: str) -> Strength:
    """Say how sure it is that a value of this name is a secret."""
    if name in ("PWD", "OLDPWD"):
        return Strength.NONE
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _MODIFIERS):
        words.pop()
    if not words or not _NOT_SECRET.isdisjoint(words[:-1]):
        return Strength.NONE
    return _strength_of(words[-1], words[-2] if len(words) > 1 else "", words)


def _strength_of(last: str, before: str, words: list[str]) -> Strength:
    if last.endswith(_PASSWORDS) or last in _SHORT_PASSWORDS or last in _SECRETS or (before, last) == ("비밀", "번호"):
        return Strength.ANY
    if last == "key":
        if {"secret", "private"} & set(words):
            return Strength.ANY
        return Strength.RANDOM if before in _KEY_BEFORE or before.endswith("api") else Strength.NONE
    if last in ("token", "id") and before in ("session", "sess"):
        return Strength.WEAK if last == "id" else Strength.RANDOM
    if last in _TOKENS or last.endswith(("apikey", "authtoken", "accesstoken", "secretkey", "secret", "token")):
        return Strength.NONE if before in _TOKEN_NOT or last.endswith("nextoken") else Strength.RANDOM
    if last in ("auth", "sig", "signature", "sid"):
        return Strength.WEAK
    return Strength.NONE


_NUMBER: Final = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,8}|[\d.,_]+(?:[eE][+-]?\d+)?)(?:[a-zA-Z%]{1,2})?")
_UUID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_REFERENCE: Final = re.compile(
    r"""\$[A-Z_][A-Z0-9_]*|\$[a-z_]+|\$\{.*|\$\(.*|%[A-Za-z_]\w*%|%[(\w].*|\{\{.*|\{[\w.]*\}|<.*|\#\{.*|@\w+@
      |(?:\$?env|process\.env|os\.environ|os\.getenv|std::env|import\.meta\.env|ENV|config|settings|secrets|vault|ssm|var|local
        |data|params?|self|this|args|options|request|req|response|ctx)\b[.:(\[].*
      |(?:op|vault|ssm|awssm|gcpsm|keychain|keyring|file|ref\+\w+)://.*|arn:aws.*|!(?:Ref|Sub|ENV|env|vault|secret|GetAtt)\b.*""",
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER: Final = re.compile(
    r"""(?i:[x*•●.#_?\-…0]{3,}|\W+|(?:your|insert|enter|replace|put|paste|add)[\s_-].*|your\w*|.*[_-]here
      |.*(?:placeholder|redacted|changeme|change[_-]me|replace[_-]?me|example[_-]?(?:key|token|secret)?$).*
      |example.*|dummy.*|(?:sk|pk|key|token)-?(?:x{3,}|\.{3}|\*{3,}).*|.*[^x]x{4,}|\[?(?:masked|redacted|hidden|filtered|removed|secret)\]?
      |none|null|nil|undefined|true|false|yes|no|on|off|todo|fixme|tbd|n/a|unset|empty|default|required|optional|missing|invalid
      |incorrect|wrong|expired|revoked|unknown|disabled|enabled|valid|present|provided|found|not|set|ok|failed|success
      |str|string|bytes|int|integer|number|bool|boolean|any|object|text|varchar.*|char.*|secretstr|optional\[.*|option<.*
      |string\[\]|list\[.*|dict\[.*|union\[.*|self|this|input|hidden|field|column|basic|bearer|digest|oauth2?|jwt|apikey
      |passwords?|passwd|passphrase|pwd|tokens?|secrets?|api[_ -]?keys?|keys?|credentials?|authorization|cookies?|auth
      |username|user|email|login|reset|forgot|confirm|confirmation|prompt|stdin|env|keyring|vault|auto|lambda|await|new|async)""",
    re.VERBOSE | re.DOTALL,
)
_CODE_CALL: Final = re.compile(r"[A-Za-z_$@&*!][\w.$:>?!-]*(?:<[\w, ]*>)?[(\[{].*", re.DOTALL)
_CODE_PATH: Final = re.compile(r"[&*!@]?[A-Za-z_]\w*(?:(?:\??\.|->|::)[A-Za-z_]\w*)+")
_IDENTIFIER: Final = re.compile(r"[&*!@]?[A-Za-z_]\w*")
_SECRET_VARIABLE: Final = re.compile(
    r"(?i)(?:[a-z]+_)*(?:password|passwd|pass|secret|token|key|credentials?)(?:_[a-z]+)*"
)
_FILE: Final = re.compile(
    r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@ -]+)+[/\\]?|[\w./-]+\.(?:pem|key|txt|json|ya?ml|toml|py|env|crt|p12)"
)
_PLAIN_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s@]*", re.IGNORECASE)
_SENTENCE: Final = re.compile(
    r"(?i)\b(?:your|the|must|please|enter|is|are|be|to|of|for|with|not|and|or|at|least|cannot|should|can|this|that|has|by|in)\b"
)
_CODE_LINE: Final = re.compile(
    r"""\b(?:def|let|const|var|return|import|from|func|fn|class|if|elif|else|for|while|public|private|protected|static|self
      |this|await|async|lambda|struct|interface|type|assert|new|with|function
      |export\s+(?:const|default))\b(?!\s*[:=]) | ->|=> | ;\s*$
      | [{(]\s*$ | ^\s*[@}\])] | \w\([^()]*$ | \)\s*[:{;]?\s*$""",
    re.VERBOSE,
)
_LONG_WORD: Final = 16
_SHORTEST: Final = 4


def looks_like_code(line: str) -> bool:
    """Whether an unquoted word on this line is more likely a variable than a value."""
    return _CODE_LINE.search(line) is not None


def is_harmless(value: str, strength: Strength, *, name: str, quoted: bool, code: bool) -> bool:
    """Whether `value`, found beside a name of this strength, is not a secret after all.

    Numbers, UUIDs, references to the environment, placeholders, paths, sentences and, unquoted, pieces of code.
    """
    if len(value) < _SHORTEST or any(shape.fullmatch(value) for shape in (LABEL, _UUID, _PLACEHOLDER, _REFERENCE)):
        return True
    if value.isdigit() and quoted and strength is Strength.ANY and len(value) > _SHORTEST:
        return False
    if _NUMBER.fullmatch(value) or _PLAIN_URL.fullmatch(value):
        return True
    if value.casefold() == name.casefold() or (_FILE.fullmatch(value) and not looks_random(value.rpartition("/")[2])):
        return True
    if not quoted and _is_code(value, name, code):
        return True
    if strength is Strength.ANY:
        return " " in value and _is_sentence(value)
    enough = strength is Strength.RANDOM or len(value) >= _LONG_WORD
    return " " in value or not (enough and looks_random(value))


def _is_code(value: str, name: str, code: bool) -> bool:
    if _CODE_CALL.fullmatch(value) or value[0] == "(" or (not name.isupper() and _SECRET_VARIABLE.fullmatch(value)):
        return True
    if _CODE_PATH.fullmatch(value) and not any(map(str.isdigit, value)):
        return True
    if value[0] in "&*" and value[1:].isalpha():
        return True
    return code and not name.isupper() and _IDENTIFIER.fullmatch(value) is not None and not looks_random(value)


def _is_sentence(value: str) -> bool:
    return value[0].isupper() or value[-1] in ".?!:…" or _SENTENCE.search(value) is not None


def looks_random(value: str) -> bool:
    """Whether `value` could be a machine's token: digits among letters, or one long word without vowels' rhythm."""
    if len(value) < 2 * _SHORTEST:
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    if letters and digits:
        return True
    if digits:
        return len(value) >= _LONG_WORD
    mixed = not (value.islower() or value.isupper() or value.istitle())
    return len(value) >= _LONG_WORD and (value.isalpha() or mixed) and _IDENTIFIER_WORDS.fullmatch(value) is None


_IDENTIFIER_WORDS: Final = re.compile(
    r"(?:[A-Z]?[a-z]{2,12}){1,3}[A-Z]?|[A-Z]{2,}(?:_[A-Z]{2,})*|[a-z]+(?:[_-][a-z]+)+"
)
