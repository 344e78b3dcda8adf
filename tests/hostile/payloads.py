"""T34: texts that try to become a script, and where in a page they did. Each says `xss` where it would run."""

from html.parser import HTMLParser
from itertools import product

RUNS = ("alert('xss')", "confirm(`xss`)", "print(/xss/)", "fetch('/xss')", "top['al'+'ert']('xss')")
TAGS = (
    "<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", "<svg/onload={}>", "<body onload={}>", "<iframe srcdoc='<script>{}</script>'>", "<iframe src=javascript:{}>",
    "<a href=javascript:{}>xss</a>", "<a href='java&#9;script:{}'>xss</a>", "<details open ontoggle={}>", "<input autofocus onfocus={}>", "<video><source onerror={}>", "<audio src=x onerror={}>",
    "<marquee onstart={}>", "<math><mi xlink:href=javascript:{}>x", "<form action=javascript:{}><button>xss", "<object data=javascript:{}>", "<embed src=javascript:{}>", "<style>@import'javascript:{}'</style>",
    "<link rel=stylesheet href=javascript:{}>", "<base href=javascript:{}//>", "<meta http-equiv=refresh content='0;url=javascript:{}'>", "<template><script>{}</script></template>", "<xss id=x tabindex=1 onfocus={}>",
)  # fmt: skip
BREAKS = (
    "",
    '">',
    "'>",
    "--><!-- -->",
    "</textarea>",
    "</title>",
    "</script>",
    "</option></select>",
    "]]>",
    '" autofocus onfocus="alert(\'xss\')" x="',
    "' onmouseover='alert(1)' xss='",
    "{{7*7}}${7*7}<%=7*7%>",
)
ODD = (
    "javascript:alert('xss')", "data:text/html,<script>alert('xss')</script>", "<<script>alert('xss')//<</script>", "<scr<script>ipt>alert('xss')</script>", "&lt;script&gt;alert('xss')&lt;/script&gt;",
    "\u003cscript\u003ealert('xss')\u003c/script\u003e", "＜script＞alert('xss')＜/script＞", "<script\x0c>alert('xss')</script>", "<IMG \"\"\"><SCRIPT>alert('xss')</SCRIPT>\">", "\u202e<script>alert('xss')</script>",
    "<svg><![CDATA[><img src=x onerror=alert('xss')>]]>", "<noscript><p title=\"</noscript><img src=x onerror=alert('xss')>\">",
)  # fmt: skip


def payloads() -> list[str]:
    """Two hundred and more, none twice."""
    tags = [tag.format(run) for tag, run in product(TAGS, RUNS)]
    broken = [end + tags[7 * n % len(tags)] for n, end in enumerate(BREAKS * 8)]
    return list(dict.fromkeys([*tags, *broken, *ODD]))


class _Elements(HTMLParser):
    """What of a page is markup and names what only a payload names."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        handlers = [name for name, _ in attrs if name.startswith("on")]
        leads = [
            value
            for name, value in attrs
            if name in {"href", "src", "action", "data", "formaction"}
            and (value or "").strip().lower().startswith(("javascript:", "data:text"))
        ]
        has_nonce = any(name == "nonce" and value for name, value in attrs)
        from_us = any(name == "src" and (value or "").startswith("/") for name, value in attrs)
        if (
            handlers
            or leads
            or (tag == "script" and not (has_nonce or from_us))
            or tag in {"xss", "marquee", "object", "embed", "base", "iframe"}
        ):
            self.live.append(f"<{tag} {dict(attrs)}>"[:200])


def live(html: str) -> list[str]:
    """Elements of a page that no template of ours makes."""
    reader = _Elements()
    reader.feed(html)
    return reader.live
