"""Shapes of credentials that are recognised without a name beside them: vendors' prefixes, JWTs, webhooks.

Every shape comes with the fixed text it cannot do without, so that a line without any of these texts is passed
over without trying a single pattern.
"""

import re
from functools import cache
from typing import Final

# A credential may follow anything but a letter or digit; an escaped line break or a percent-encoded character
# ends in one and is still a boundary.
BOUNDARY: Final = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm))"

_VENDORS: Final[tuple[tuple[str, str], ...]] = (
    (
        "sk-",
        r"sk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)[A-Za-z0-9_-]{16,}|sk-(?=[A-Za-z_-]{0,80}[0-9])[A-Za-z0-9_-]{20,}",
    ),
    ("aiza", r"AIza[A-Za-z0-9_-]{30,}"),
    ("gocspx-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    ("ya29.", r"ya29\.[A-Za-z0-9._-]{20,}"),
    ("1//0", r"1//0[A-Za-z0-9_-]{30,}"),
    ("aq.ab", r"AQ\.Ab[A-Za-z0-9_-]{30,}"),
    ("gh", r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"),
    ("gl", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|ffct|soat)-[A-Za-z0-9_.-]{20,}|gl(?:sa|c)_[A-Za-z0-9+/=_]{30,}"),
    ("a", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("xox", r"xox[abeoprs]-(?:[0-9]-)?[A-Za-z0-9-]{10,}"),
    ("xapp-", r"xapp-[0-9]-[A-Za-z0-9-]{20,}"),
    ("hf_", r"hf_[A-Za-z0-9]{30,}"),
    ("api_org_", r"api_org_[A-Za-z0-9]{30,}"),
    ("pypi-", r"pypi-[A-Za-z0-9_-]{40,}"),
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("k_", r"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,}|gsk_[A-Za-z0-9]{30,}|pcsk_[A-Za-z0-9_]{30,}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{20,}"),
    ("sg.", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("key-", r"key-[0-9a-f]{32}(?![0-9a-f])"),
    ("sk", r"SK[0-9a-f]{32}(?![0-9a-f])"),
    ("_v1_", r"do[opr]_v1_[0-9a-f]{40,}|tgp_v1_[A-Za-z0-9_-]{30,}"),
    ("shp", r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}"),
    ("sq0", r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}"),
    ("eaa", r"EAA[A-Za-z0-9]{40,}"),
    ("xai-", r"xai-[A-Za-z0-9]{40,}"),
    ("pplx-", r"pplx-[A-Za-z0-9]{32,}"),
    ("r8_", r"r8_[A-Za-z0-9]{30,}"),
    ("nvapi-", r"nvapi-[A-Za-z0-9_-]{40,}"),
    ("fw_", r"fw_[A-Za-z0-9]{20,}"),
    ("lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,}"),
    ("ntn_", r"ntn_[A-Za-z0-9]{30,}"),
    ("secret_", r"secret_[A-Za-z0-9]{40,}"),
    ("figd_", r"figd_[A-Za-z0-9_-]{30,}"),
    ("dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    ("hv", r"hv[bsr]\.[A-Za-z0-9_-]{20,}"),
    ("atlasv1", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}"),
    ("at", r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{24,}"),
    ("nra", r"NRA[KL]-[A-Z0-9]{27}|NRAA-[a-f0-9]{27}"),
    ("sntry", r"sntry[su]_[A-Za-z0-9+/=_-]{40,}"),
    ("dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}"),
    ("pscale_", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}"),
    ("pmak-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("rubygems_", r"rubygems_[0-9a-f]{48}"),
    ("cfpat-", r"CFPAT-[A-Za-z0-9_-]{40,}"),
    ("v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}"),
    ("age-secret-key-1", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("ops_ey", r"ops_eyJ[A-Za-z0-9+/=_-]{40,}"),
    ("tskey-", r"tskey-[a-z]+-[A-Za-z0-9_-]{12,}"),
    ("pul-", r"pul-[0-9a-f]{40}"),
    ("sb", r"sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{20,}"),
    ("rpa_", r"rpa_[A-Z0-9]{30,}[a-z0-9]*"),
    ("lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("jina_", r"jina_[A-Za-z0-9_-]{40,}"),
    ("tvly-", r"tvly-[A-Za-z0-9_-]{20,}"),
    ("fc-", r"fc-[0-9a-f]{32}"),
    ("e2b_", r"e2b_[0-9a-f]{40}"),
    ("phx_", r"phx_[A-Za-z0-9_]{40,}"),
    ("pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    ("dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    ("hrku-", r"HRKU-[A-Za-z0-9_-]{30,}"),
    ("xkeysib-", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    ("-us", r"[0-9a-f]{32}-us[0-9]{1,2}(?![0-9A-Za-z])"),
    ("q~", r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    ("ltai", r"LTAI[A-Za-z0-9]{12,24}"),
    ("akid", r"AKID[A-Za-z0-9]{32}"),
    ("nfp_", r"nfp_[A-Za-z0-9]{36}"),
    ("f", r"f(?:o1_|m[12][ar]?_)[A-Za-z0-9+/=_-]{40,}"),
    (":aa", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}"),
    (".", r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"),
    ("apify_api_", r"apify_api_[A-Za-z0-9]{30,}"),
    ("dop_", r"dop_[A-Za-z0-9_]{40,}"),
    ("vercel", r"vercel_[a-z]+_[A-Za-z0-9]{20,}|vc[pkrai]_[A-Za-z0-9]{20,}"),
    ("eyj", r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{4,}){1,4}(?:\.[A-Za-z0-9_-]*)?"),
    (
        "webhook",
        r"(?<=/)(?:api/)?webhooks/[0-9]{15,}/[A-Za-z0-9_-]{30,}|(?<=/)webhookb?2?/[0-9a-f-]{36}@[A-Za-z0-9@/_-]{40,}",
    ),
    ("hooks.slack", r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9_+/-]{16,}"),
)
# Fixed texts too short to tell lines apart: their patterns run only beside a longer text that implies them.
_UNSELECTIVE: Final = {
    "a": ("akia", "asia", "abia", "acca"),
    "gh": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "gl": (
        "glpat-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "glptt-",
        "glft-",
        "glimt-",
        "glagent-",
        "gloas-",
        "glsoat-",
        "glffct-",
        "glsa_",
        "glc_",
    ),
    "k_": ("k_live_", "k_test_", "k_prod_", "gsk_", "pcsk_"),
    "sk-": (),
    "sk": (),
    "f": ("fo1_", "fm1_", "fm2_", "fm1a_", "fm1r_", "fm2a_", "fm2r_"),
    "at": ("atatt", "atctt", "atbb"),
    "hv": ("hvs.", "hvb.", "hvr."),
    "sb": ("sbp_", "sb_secret_"),
    "pat": (),
    "shp": ("shpat_", "shpss_", "shpca_", "shppa_"),
    "nra": ("nrak-", "nral-", "nraa-"),
    ".": (),
    "webhook": ("webhook",),
    "vercel": ("vercel_", "vcp_", "vck_", "vcr_", "vca_", "vci_"),
}


def keywords() -> tuple[str, ...]:
    """Return lower-case texts of which a line must hold one to hold a credential with a fixed prefix."""
    found: list[str] = []
    for text, _ in _VENDORS:
        found += _UNSELECTIVE.get(text, (text,))
    return tuple(found)


@cache
def vendor_pattern() -> re.Pattern[str]:
    """Return the pattern of all shapes with a fixed text; group ``jwt`` tells that one apart."""
    return re.compile(BOUNDARY + "(?:" + "|".join(shape for _, shape in _VENDORS if shape not in _BARE) + ")")


# Shapes without a fixed text long enough to tell lines apart. Their pattern has no boundary in front, because it is
# tried on every character of every text; the boundary is looked at afterwards.
_BARE: Final = frozenset(shape for text, shape in _VENDORS if text in ("sk-", "sk", "pat", "."))
BARE: Final = re.compile("|".join(sorted(_BARE)))
AT_BOUNDARY: Final = re.compile(BOUNDARY)
