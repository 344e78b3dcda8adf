"""Pages drawn from a house's templates: one environment a language, and headers that let nothing else run."""

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from backhaul.kit import assets, i18n, letters
from backhaul.kit.days import days_left, last_moment


class Pages:
    """A house's templates, one environment a language, with its own filters."""

    def __init__(self, package: str, name: str, extra: Mapping[str, Any]) -> None:
        self.package = package
        self.name = name
        self.extra = extra
        self.environment = cache(self._environment)

    def _environment(self, language: str) -> Environment:
        environment = Environment(
            loader=ChoiceLoader([PackageLoader(self.package), PackageLoader("backhaul.kit")]),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            finalize=_straight,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(i18n.translations(language), newstyle=True)  # type: ignore[attr-defined]
        environment.filters["moment"] = lambda at: i18n.moment(at, language) if at else ""
        environment.filters["bound"] = lambda at: i18n.moment(last_moment(at), language) if at else ""
        environment.filters["moment_in_list"] = lambda at: i18n.moment_in_list(at, language) if at else ""
        environment.filters["bound_in_list"] = lambda at: i18n.moment_in_list(last_moment(at), language) if at else ""
        environment.filters["days_left"] = days_left
        environment.filters["day"] = lambda at: i18n.day(at, language) if at else ""
        environment.filters["money"] = lambda amount: i18n.money(amount, language) if amount else ""
        environment.filters["kilograms"] = lambda gram: i18n.kilograms(gram, language) if gram else ""
        environment.filters["percent"] = lambda number: i18n.percent(number, language)
        environment.filters["t"] = lambda text: i18n.plain(language, text)
        environment.filters["show"] = lambda value: i18n.show(value, language)
        environment.globals.update(self.extra)
        environment.globals.update(
            asset=assets.address,
            icon=assets.icon,
            live=assets.LIVE,
            watched=assets.watched,
            htmx_settings=assets.HTMX_SETTINGS,
        )
        environment.globals["at_fault"] = at_fault
        environment.globals.update(language=language, languages=i18n.LANGUAGES, house=self.name)
        return environment

    def render(self, template: str, language: str, status: int = 200, **context: Any) -> Response[str]:
        """A page. Every page gets a nonce for its one script and headers that let nothing else run."""
        nonce = secrets.token_urlsafe(12)
        html = self.environment(language).get_template(template).render(nonce=nonce, **context)
        return Response(html, status_code=status, media_type=MediaType.HTML, headers=safe_headers(nonce))


def _straight(value: Any) -> Any:
    """What a page shows of people's words never turns the order of ours around them."""
    return letters.straight(value) if type(value) is str else value


def at_fault(is_so: object) -> Markup:
    """Attributes of a field that was refused: it is wrong, and the sentence above the page says why."""
    return Markup(' aria-invalid="true" aria-describedby="fault"' if is_so else "")  # noqa: S704 - both are ours


def safe_headers(nonce: str) -> dict[str, str]:
    """Nothing from elsewhere, no inline script without the nonce, no framing, no sniffing, no caching."""
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }


def download_headers() -> dict[str, str]:
    """The same for a file that is saved: it is no page, so it needs no policy."""
    return {name: value for name, value in safe_headers("").items() if name != "content-security-policy"}
