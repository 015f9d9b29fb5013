"""Headers that do not depend on the request, as the pairs of bytes that ASGI takes."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

Header = tuple[bytes, bytes]

_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_FEATURES: Final = (
    "camera",
    "microphone",
    "geolocation",
    "payment",
    "usb",
    "accelerometer",
    "gyroscope",
    "magnetometer",
)

_SECURITY: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "0",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "x-dns-prefetch-control": "off",
    "x-download-options": "noopen",
    "x-permitted-cross-domain-policies": "none",
}
_TRANSPORT_SECURITY: Final = "max-age=31536000; includeSubDomains"

_ASCII: Final = "".join(map(chr, range(128)))

WHOLE_ANSWER: Final = "tabularium.whole_answer"
"""The extension of ASGI by which `server.protocol` takes a whole answer at once."""
WRITE: Final = "write"
"""Its only key: `(status, headers, body) -> bool`, which says whether it was written."""

JSON: Final[Header] = (b"content-type", b"application/json")
FOR_ALL_SITES: Final[Header] = (b"cross-origin-resource-policy", b"cross-origin")
"""In the place of the policy of every other answer."""
NO_STORE: Final[Header] = (b"cache-control", b"no-store")
VARY: Final[Header] = (b"vary", b"Accept-Encoding")
GZIP: Final[Header] = (b"content-encoding", b"gzip")


def security_headers(is_https: bool) -> list[Header]:
    """Return the headers of every answer."""
    values = dict(_SECURITY)
    if is_https:
        values["strict-transport-security"] = _TRANSPORT_SECURITY
    return [header(name, value) for name, value in values.items()]


def header(name: str, value: str) -> Header:
    """Write one header for ASGI, whose names are lower case. Raises `ValueError` for a value that ends the line."""
    if "\r" in value or "\n" in value or "\0" in value:
        raise ValueError(f"the value of the header {name} holds a line break")
    if name.lower() == "location" and not value.isascii():
        value = quote(value, safe=_ASCII)  # where a redirect leads to may have been typed by a person
    return name.lower().encode("latin-1"), value.encode("latin-1")


def is_private_path(template: str) -> bool:
    """Say whether what a path answers may never be stored: it stands under `/api`."""
    return template == "/api" or template.startswith("/api/")
