"""What a resolver of GS1 Digital Links answers: a person goes on to the page, a program gets all links as a linkset.

Nothing is looked up for it: what exists and what does not is answered alike, and the page itself asks who may read it.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response

from backhaul.kit import digital_link
from backhaul.kit.digital_link import DEFAULT, Link
from backhaul.kit.machine import Refused

LINKSET = "application/linkset+json"
PREFIX_OF_TYPES = "gs1:"
VOCABULARY = "https://ref.gs1.org/voc/"


def answer(request: Request[Any, Any, Any], anchor: str, links: Sequence[Link]) -> Response[bytes]:
    """Redirected to the default link, or to that of the wanted type; `Refused` when there is none of it."""
    kind = request.query_params.get("linkType", "")
    accepted = request.headers.get("accept", "")
    if kind in ("linkset", "all") or (not kind and (LINKSET in accepted or accepted == "application/json")):
        return _open(Response(digital_link.linkset(anchor, links), media_type=LINKSET))
    wanted = (
        f"{VOCABULARY}{kind.removeprefix(PREFIX_OF_TYPES)}" if kind.startswith(PREFIX_OF_TYPES) else kind or DEFAULT
    )
    href = next((link.href for link in links if link.relation == wanted), "")
    if not href:
        raise Refused("not_found", "missing")
    also = f'<{anchor}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'
    return _open(Response(b"", status_code=307, headers={"location": href, "link": also}))


def described(web: str, keys: Sequence[str]) -> Response[bytes]:
    """`/.well-known/gs1resolver`."""
    return _open(Response(digital_link.description(web, keys), media_type="application/json"))


def _open(response: Response[bytes]) -> Response[bytes]:
    response.headers.update({"cache-control": "no-store", "access-control-allow-origin": "*"})
    return response
