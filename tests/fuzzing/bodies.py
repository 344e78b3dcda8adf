"""How bodies that are files go out: as bytes. Now and then a picture or a document that is one."""

from typing import Any

import schemathesis
from hypothesis import strategies as st

from backhaul.kit import uploads
from tests.partner.house import picture

FILES = {
    "image/jpeg": picture("red"),
    "application/pdf": b"%PDF-1.7\n%%EOF\n",
    "video/mp4": b"\0\0\0\x18ftypmp42 and no film",
}
AS_BYTES = (*uploads.PICTURES, *uploads.FILMS, "application/pdf", "text/csv", "application/xml")


def register() -> None:
    """Tell Schemathesis; once a process."""
    schemathesis.serializer(*AS_BYTES)(as_bytes)
    for media_type in AS_BYTES:
        real = FILES.get(media_type, b"")
        schemathesis.openapi.media_type(media_type, st.one_of(st.just(real), st.binary(max_size=200)))


def as_bytes(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """What goes over the wire for a made-up value."""
    value = getattr(value, "data", value)
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
