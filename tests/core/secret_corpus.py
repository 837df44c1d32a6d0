"""Texts with and without secrets, for the masking tests.

Every secret is made at run time from parts, so that no scanner of this repository finds one. In a template ``%s``
stands for the secret; a secret row is right when none of the secret's words is left.
"""

import base64
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits


def made(length: int, alphabet: str = ALNUM, seed: int = 1) -> str:
    """A text that looks random, always the same for the same arguments, with a digit and a letter early on."""
    source = random.Random(f"{length}{alphabet}{seed}")
    return "a7"[:length] * (alphabet != UPPER) + "".join(
        source.choice(alphabet) for _ in range(length - 2 * (alphabet != UPPER))
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A text and the secret in it."""

    text: str
    secret: str

    def leaks(self, masked: str) -> bool:
        """Whether a recognisable piece of the secret is left."""
        size = min(len(self.secret), 6)
        pieces = {self.secret[at : at + size] for at in range(0, len(self.secret) - size + 1)}
        return any(piece in masked for piece in pieces if piece.strip("-= \n"))


VENDORS = {
    "anthropic": "sk-" + "ant-api03-" + made(80) + "-AA",
    "openai project": "sk-" + "proj-" + made(60),
    "openai old": "sk-" + made(48),
    "openai service": "sk-" + "svcacct-" + made(50),
    "openrouter": "sk-" + "or-v1-" + made(64, HEX),
    "google api": "AI" + "za" + made(35),
    "google client": "GOC" + "SPX-" + made(28),
    "google access": "ya" + "29." + made(60),
    "google refresh": "1/" + "/0" + made(43),
    "google gemini": "AQ" + ".Ab" + made(50),
    "github personal": "gh" + "p_" + made(36),
    "github app": "gh" + "s_" + made(36),
    "github fine": "github" + "_pat_" + made(82),
    "gitlab": "gl" + "pat-" + made(20),
    "gitlab runner": "gl" + "rt-" + made(20),
    "grafana": "gl" + "sa_" + made(32) + "_" + made(8, HEX),
    "aws": "AK" + "IA" + made(16, UPPER),
    "aws temporary": "AS" + "IA" + made(16, UPPER),
    "slack bot": "xo" + "xb-" + made(12, string.digits) + "-" + made(24),
    "slack app": "xa" + "pp-1-" + made(11, UPPER) + "-" + made(40, HEX),
    "hugging face": "h" + "f_" + made(34),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + made(60),
    "npm": "np" + "m_" + made(36),
    "stripe": "sk" + "_live_" + made(24),
    "stripe restricted": "rk" + "_test_" + made(24),
    "groq": "gs" + "k_" + made(52),
    "stripe webhook": "wh" + "sec_" + made(32),
    "sendgrid": "S" + "G." + made(22) + "." + made(43),
    "mailgun": "ke" + "y-" + made(32, HEX),
    "twilio": "S" + "K" + made(32, HEX),
    "digitalocean": "do" + "p_v1_" + made(64, HEX),
    "shopify": "shp" + "at_" + made(32, HEX),
    "square": "sq0" + "atp-" + made(22),
    "facebook": "EA" + "A" + made(60),
    "xai": "xa" + "i-" + made(80),
    "perplexity": "pp" + "lx-" + made(48),
    "replicate": "r" + "8_" + made(37),
    "nvidia": "nv" + "api-" + made(64),
    "linear": "lin" + "_api_" + made(40),
    "notion": "nt" + "n_" + made(46),
    "figma": "fi" + "gd_" + made(40),
    "databricks": "da" + "pi" + made(32, HEX),
    "vault": "hv" + "s." + made(90),
    "terraform": made(14) + ".atl" + "asv1." + made(64),
    "atlassian": "AT" + "ATT3xFfGF0" + made(60),
    "new relic": "NR" + "AK-" + made(27, UPPER),
    "sentry": "sn" + "trys_" + made(60),
    "doppler": "dp" + ".pt." + made(43),
    "planetscale": "psc" + "ale_tkn_" + made(43),
    "postman": "PM" + "AK-" + made(24, HEX) + "-" + made(34, HEX),
    "rubygems": "ruby" + "gems_" + made(48, HEX),
    "age": "AGE-" + "SECRET-KEY-1" + made(58, UPPER),
    "tailscale": "ts" + "key-auth-" + made(16) + "-" + made(32),
    "supabase": "sb" + "p_" + made(40, HEX),
    "langsmith": "lsv2" + "_pt_" + made(32, HEX) + "_" + made(10, HEX),
    "pinecone": "pc" + "sk_" + made(60),
    "tavily": "tv" + "ly-" + made(32),
    "airtable": "p" + "at" + made(14) + "." + made(64, HEX),
    "docker": "dck" + "r_pat_" + made(27),
    "brevo": "xkey" + "sib-" + made(64, HEX) + "-" + made(16),
    "mailchimp": made(32, HEX) + "-u" + "s12",
    "azure ad": "abc8" + "Q~" + made(34),
    "telegram": "123456789" + ":A" + "A" + made(33),
    "discord": "M" + made(25) + "." + made(6) + "." + made(38),
    "netlify": "nf" + "p_" + made(36),
}


def _jwt() -> str:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    return f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}))}.{part(json.dumps({'sub': '1234567890', 'n': 'x'}))}.{made(43)}"


def pem(kind: str = "RSA ", lines: int = 12) -> str:
    """A private key in PEM form that is none."""
    body = "\n".join(made(64, ALNUM + "+/", seed) for seed in range(lines))
    return f"-----BEGIN {kind}PRI" + f"VATE KEY-----\nMII{body[3:]}\n{made(21)}=\n-----END {kind}PRI" + "VATE KEY-----"


WORDS = "hunter" + "2!"
TRICKY = "p@ss;w0rd,#" + "x&y"
RANDOM = made(32)
HEXED = made(40, HEX)
BASE64 = base64.b64encode(made(30).encode()).decode()
JWT = _jwt()

# (template, secret)
_TEMPLATES: tuple[tuple[str, str], ...] = (
    # environment files and shells
    ("DB_PASSWORD=%s", WORDS), ("DB_PASSWORD=%s", TRICKY), ("export API_KEY='%s'", RANDOM),
    ('export GITHUB_TOKEN="%s"', HEXED), ("PGPASSWORD=%s psql -h db", WORDS), ("MYSQL_PWD=%s mysqldump x", WORDS),
    ("AWS_SECRET_ACCESS_KEY=%s", made(40, ALNUM + "+/")), ("SECRET_KEY_BASE=%s", made(128, HEX)),
    ("REDIS_PASS=%s", "correct" + "horse"), ("MY_APP_CLIENT_SECRET=%s", RANDOM), ("OPENAI_API_KEY=%s", RANDOM),
    ("SMTP_PASSWORD_PROD=%s", WORDS), ("API_KEY_2=%s", RANDOM), ("set PASSWORD=%s", WORDS),
    ("$env:API_TOKEN = '%s'", RANDOM), ("ENCRYPTION_KEY=%s", BASE64), ("DJANGO_SECRET_KEY='%s'", "k$3" + made(30)),
    ("fish: set -x AUTH_TOKEN=%s", RANDOM), ("JWT_SECRET=%s", "verysecret" + "phrase"), ("WEBHOOK_SECRET=%s", HEXED),
    # JSON, plain and escaped
    ('{"password": "%s"}', WORDS), ('{"password":"%s","user":"x"}', TRICKY), ('{"client_secret": "%s"}', RANDOM),
    ('{"a": {"apiKey": "%s", "n": 1}}', RANDOM), ('{"access_token":"%s","expires_in":3600}', RANDOM),
    ('{"refreshToken": "%s"}', RANDOM), ('{"msg": "{\\"password\\": \\"%s\\"}"}', WORDS),
    ('{"m": "{\\\\\\"token\\\\\\": \\\\\\"%s\\\\\\"}"}', RANDOM), ('{"log": "a\\npassword=%s\\nb"}', WORDS),
    ('{"private_key_id": "x", "private_key": "%s"}', RANDOM), ('{"x-api-key": "%s"}', RANDOM),
    ('{"Authorization": "Bearer %s"}', RANDOM), ('{"headers": {"cookie": "sid=%s"}}', RANDOM),
    ('[{"name": "DB_PASSWORD", "value": "%s"}]', WORDS), ('{"passphrase": "%s"}', "correct horse " + "battery staple"),
    ('{"session_token": "%s"}', RANDOM), ('{"auth": {"bearer": "%s"}}', RANDOM), ('{"password": "say \\"%s\\""}', WORDS),
    # YAML, TOML, ini, XML, properties
    ("password: %s", WORDS), ("  password: '%s'", TRICKY), ('api_key: "%s"', RANDOM), ("secret_key: %s", RANDOM),
    ("- auth_token: %s", RANDOM), ('token = "%s"', RANDOM), ('password = "%s"', "let" + "meinnow"),
    ("spring.datasource.password=%s", WORDS), ("db.password = %s", WORDS), ("<password>%s</password>", WORDS),
    ("<ApiKey>%s</ApiKey>", RANDOM), ('<user name="x" password="%s"/>', WORDS), ('<add key="ApiKey" value="%s"/>', RANDOM),
    ("<key>ApiToken</key><string>%s</string>", RANDOM), ("requirepass %s".replace(" ", ": "), WORDS),
    ("//packages.example.org/:_authToken=%s", RANDOM), ("machine github.com login me password %s", WORDS),
    ("[db]\npasswd = %s\n", WORDS), ("password:\n  %s\n", WORDS), ('"password":\n  "%s"\n', WORDS),
    ("- name: API_TOKEN\n  value: %s\n", RANDOM), ("client_secret: |\n  %s\nnext: 1\n", RANDOM),
    ("<password>\n  %s\n</password>\n", WORDS), ("password: !!str %s", WORDS),
    # code and its output
    ('api_key = "%s"', RANDOM), ("const apiKey = `%s`;", RANDOM), ('var Password string = "%s"', WORDS),
    ('password: str = "%s"', WORDS), ("{'password': '%s', 'n': 1}", WORDS), ("Client(api_key='%s', n=2)", RANDOM),
    ("User(name='x', password='%s')", WORDS), ("SecretStr('%s')".replace("S", "password=S", 1), WORDS),
    ('os.environ["API_KEY"] = "%s"', RANDOM), ("config['secret_token'] = '%s'", RANDOM), ("headers={b'x-api-key': b'%s'}", RANDOM),
    ('if password == "%s":', WORDS), ('"token" => "%s",', RANDOM), ("#define API_KEY \"%s\"".replace("KEY ", "KEY="), RANDOM),
    ('let auth_token: String = "%s".into();', RANDOM), ('setPassword: "%s"', WORDS), ("Settings(db_password=%s)", WORDS),
    # headers
    ("Authorization: Bearer %s", RANDOM), ("authorization: basic %s", BASE64), ("Authorization: token %s", HEXED),
    ("Proxy-Authorization: Basic %s", BASE64), ("X-Api-Key: %s", RANDOM), ("x-goog-api-key: %s", RANDOM),
    ("X-Auth-Token: %s", HEXED), ("Cookie: sid=%s; theme=dark", RANDOM), ("Set-Cookie: session=%s; Path=/; HttpOnly", RANDOM),
    ("curl -H 'Authorization: Bearer %s' https://x.org", RANDOM), ('curl -H "X-API-Key: %s" https://x.org', RANDOM),
    ("> authorization: Bearer %s", JWT), ("sent Bearer %s to the server", RANDOM), ("PRIVATE-TOKEN: %s", made(20)),
    ("Authorization: %s", RANDOM), ("'Cookie': 'a=%s'", RANDOM),
    # URLs and queries
    ("postgres://app:%s@db.example.org/x", WORDS), ("postgresql+psycopg://u:%s@h:5432/d", made(12)),
    ("redis://:%s@cache:6379/0", WORDS), ("mongodb+srv://u:%s@c.mongodb.net", quote(TRICKY, safe="")),
    ("https://user:%s@github.com/x/y.git", WORDS), ("amqp://guest:%s@mq", "guest" + "guest1"), ("https://%s@github.com/x/y", HEXED),
    ("https://x-access-token:%s@github.com/x", RANDOM), ("mysql://root:%s@127.0.0.1:3306/x", "p@ss/" + "w0rd"),
    ("GET /v1?key=%s&x=1", RANDOM), ("https://x.org/a?api_key=%s", RANDOM), ("https://x.org/?access_token=%s#f", RANDOM),
    ("https://a.blob.core.windows.net/c?sv=1&sig=%s", quote(BASE64, safe="")), ("https://x.org/cb?code=%s&state=1", RANDOM),
    ("https://b.s3.amazonaws.com/k?X-Amz-Signature=%s", made(64, HEX)), ("url='/login?password=%s'", WORDS),
    ("https://hooks.slack.com/services/%s", "T0" + made(9, UPPER) + "/B0" + made(9, UPPER) + "/" + made(24)),
    ("https://discord.com/api/%s", "webhooks/" + "123456789012345678" + "/" + made(68)),
    ("AccountName=x;AccountKey=%s;EndpointSuffix=y", BASE64), ("Server=db;User=sa;Password=%s;Encrypt=true", WORDS),
    ("Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey=%s", BASE64), ("host=db user=app password=%s dbname=x", WORDS),
    # flags
    ("deploy --password %s --yes", WORDS), ("deploy --password=%s", WORDS), ("x --api-key %s run", RANDOM), ("x --token='%s'", RANDOM),
    ("mysql -u root -p%s db", WORDS), ("sshpass -p %s ssh host", WORDS), ("docker login -u me -p %s reg", WORDS),
    ("curl -u admin:%s https://x.org", WORDS), ("redis-cli -h h -a %s ping", WORDS), ("tool --client-secret %s", RANDOM),
    ("tool --auth-token=%s -v", RANDOM), ("wget --user=me --password=%s https://x.org", WORDS),
    # words
    ("the password is %s", WORDS), ("Your API key is: %s", RANDOM), ("my token was %s, now revoked", RANDOM), ("password: %s.", WORDS),
    ("비밀번호: %s", WORDS), ("비밀번호는 %s 입니다", WORDS), ("API 키: %s", RANDOM), ("토큰은 %s이고", RANDOM), ("암호=%s", WORDS),
    ("DB 비밀번호 = '%s'", WORDS), ("패스워드 : %s", WORDS), ("시크릿 키는 %s 이다", RANDOM), ("인증키: %s", RANDOM),
    # shapes without a name
    ("%s", JWT), ("saw %s in the log", JWT), ('{"t": "%s"}', JWT), ("\\n%s\\n", JWT),
    ("ERROR 401 for %s", VENDORS["openai project"]), ("x=%%0A%s".replace("%%", "%%"), VENDORS["github personal"]),
    ('"a\\n%s"', VENDORS["github personal"]), ("(%s)", VENDORS["aws"]), ("<%s>", VENDORS["slack bot"]),
    # private keys
    ("%s", pem()), ("%s\n", pem("")), ("log: %s end", pem("EC ")), ("%s", pem("OPENSSH ")), ("%s", pem("ENCRYPTED ")),
    ('{"private_key": "%s\\n"}', pem().replace("\n", "\\n")), ('"{\\"key\\": \\"%s\\"}"', pem().replace("\n", "\\\\n")),
    ("key: |\n%s\nnext: 1\n", "\n".join("  " + line for line in pem().split("\n"))),
    ("%s", "\n".join("+" + line for line in pem().split("\n"))), ("%s", pem()[: pem().rindex("-----END")]),
    ("%s", pem()[:300]), ('KEY="%s"', pem()), ("%s\n\nregular text", pem()[:400]), ("%s", pem().replace("\n", "\r\n")),
)  # fmt: skip


def secret_rows() -> Iterator[Row]:
    """Every text that holds a secret."""
    for secret in VENDORS.values():
        yield Row(f"found {secret} in file", secret)
    for template, secret in _TEMPLATES:
        yield Row(template.replace("%s", secret).replace("%%", "%"), secret)


_SHA = made(40, HEX)
_SRI = base64.b64encode(made(48).encode()).decode()
_IMAGE = base64.b64encode(made(400).encode()).decode()
_UUID = "123e4567-e89b-" + "12d3-a456-426614174000"

BENIGN: tuple[str, ...] = (
    # hashes, ids, images
    f"commit {_SHA}", f"{_SHA[:12]} Fix the parser", f"sha256:{made(64, HEX)}", f"integrity sha512-{_SRI}",
    f'"integrity": "sha512-{_SRI}",', f'<script integrity="sha384-{_SRI}"></script>', f"data:image/png;base64,{_IMAGE}",
    f'![x](data:image/png;base64,{_IMAGE})', f"id: {_UUID}", f'{{"request_id": "{_UUID}"}}', f"--hash=sha256:{made(64, HEX)} \\",
    f"md5 {made(32, HEX)}", f"ETag: \"{made(32, HEX)}\"", f"trace_id={made(32, HEX)} span_id={made(16, HEX)}",
    f"resolved https://packages.example.org/x/-/x-1.0.0.tgz#{_SHA}", f"docker.io/x@sha256:{made(64, HEX)}",
    f"cache key: {made(64, HEX)}", f'"cacheKey": "{made(40, HEX)}"', f"git checkout {_SHA}", f"index {_SHA[:7]}..{_SHA[7:14]} 100644",
    f"req_{made(24)}", f"msg_{made(24)}", f"turn_{made(19)}", f"chatcmpl-{made(29)}", f"toolu_{made(24)}", f"etag: W/\"{made(20)}\"",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + made(43) + " me@host", f"SHA256:{made(43)} me@host (ED25519)",
    "-----BEGIN CERTIFICATE-----\nMIID" + made(60) + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIB" + made(60) + "\n-----END PUBLIC KEY-----",
    # counts of tokens and other whole words
    "max_tokens: 16384", '{"max_tokens": 4096, "temperature": 0.2}', "usage: input_tokens=853 output_tokens=50",
    '"total_tokens": 1234', "token_count = 17", "tokens: 12,345", "tokenizer = AutoTokenizer.from_pretrained(name)",
    "eos_token: <|endoftext|>", "pad_token = '[PAD]'", 'nextPageToken: "' + made(32) + '"', "next_token=abc123def456",
    "maxTokens=200000", "token_type: bearer", '"token_endpoint": "https://auth.example.org/oauth/token"', "tokens/s: 48.2",
    "thinking_tokens 4096", "cache_read_input_tokens: 1800", "The token limit is 200000 tokens.", "password_min_length: 12",
    "PASSWORD_HASHERS = [", "password_reset_timeout = 3600", "secret_name: db-credentials", "secretName: tls-cert",
    "secretKeyRef:", "key_id: 7", "primary_key: user_id", "foreign_key = 'users.id'", "partitionKey: /tenantId", "sort_key=created_at",
    "public_key: ssh-rsa", "publicKey = \"" + made(44) + "\"", "api_key_env = [\"OPENAI_API_KEY\"]", "keyboard: us", "key: value",
    "keys = sorted(d.keys())", "for key, value in items:", "key=lambda item: item.name", "monkey: banana123", "author: Jane Doe",
    "authority: https://login.example.org", "authenticated=true", "passed: 120, failed: 0", "pass", "bypass=true", "compass: north7",
    "passenger: 42a", "PWD=/home/me/project", "pwd: /srv/app1", "session_id: 12", "cookies: 3", "accept cookies? yes",
    # references and placeholders
    "API_KEY=${API_KEY}", "password: $DB_PASSWORD", "password: ${{ secrets.DB_PASSWORD }}", 'api_key=os.environ["OPENAI_API_KEY"]',
    "apiKey: process.env.OPENAI_API_KEY,", "token = os.getenv('GITHUB_TOKEN')", "password: {{ db_password }}", "set TOKEN=%TOKEN%",
    "api_key: <your-api-key>", "OPENAI_API_KEY=your-api-key-here", "API_KEY=xxxxxxxxxxxxxxxx", "password: ********",
    "ANTHROPIC_API_KEY=...", "secret: REDACTED", "token: null", '"password": null', "password=None", '"apiKey": true', "token: undefined",
    "password: <redacted>", "https://user:${PASSWORD}@host/", "https://user:<password>@host/", "postgres://user:***@db/x",
    "Authorization: Bearer $TOKEN", "Authorization: Bearer <token>", 'curl -H "Authorization: Bearer ${TOKEN}" https://x.org',
    "--api-key $API_KEY", "--password-stdin", "docker login -u me --password-stdin", "op://vault/item/password",
    # code
    "password: string;", "token: str", "def login(user: str, password: str) -> Token:", "api_key: str | None = None", "token = get_token()",
    "self.password = password", "password = getpass.getpass()", "const token = await auth.getToken();", "let secret = config.secret;",
    'token = response.json()["access_token"]', "Client(api_key=api_key, timeout=5)", "if token is None:", "return self._token",
    "password = request.form['password']", 'parser.add_argument("--token", help="access token")', "#[serde(rename = \"apiKey\")]",
    'if line.startswith("-----BEGIN PRIV' + 'ATE KEY-----"):', "grep -- '-----BEGIN RSA PRIV" + "ATE KEY-----' *.txt",
    'input type="password" name="password"', '<label for="password">Password</label>', '"password": "Password"',
    '"password": "Enter your password"', '"password_error": "The password must have 12 characters."', "token := lexer.Next()",
    "case Token::Ident(name) => name,", "match token.kind {", "auth: AuthConfig,", "secret: &str,", "public string Password { get; set; }",
    "import { token } from './token1'", "type Secret struct {", "type ApiKey = string;", "enum Token { A, B2 }", "fn key(&self) -> Key;",
    # words
    "the password is incorrect", "The token is expired.", "Your API key was rejected", "password is required", "the secret is out",
    "authorization is required for this call", "Basic authentication is used here", "the key is under the mat", "비밀번호는 필수입니다",
    "비밀번호를 입력하세요", "토큰: 1234", "키는 175 입니다", "토큰은 최대 4096 입니다", "API 키를 설정하세요",
    # addresses and commands
    "https://example.org/a?b=c&page=2", "https://example.org/search?q=token&sort=key", "git@github.com:org/repo.git", "me@example.org",
    "ssh://git@github.com:22/org/repo", "http://localhost:8080/@scope/pkg@1.2.3", "https://unpkg.com/react@18.2.0/umd/react.js",
    "https://medium.com/@someone/title-3f2a", "mysql -u root -p db", "mkdir -p build/out1", "ssh -p 2222 host1", "docker run -p 8080:80 x1",
    "docker run -u 1000:1000 image", "cp -a source1 target1", "ps -p 12345", "task-management-system-for-teams-2024", "risk-assessment-2024-final-report",
    "a sk-short key", "sk-learn-contrib-project", "user@host", "hf_model", "pat.example.com", "SG.com", "key-value-store", "glc_x",
)  # fmt: skip
