"""The script that pages of other sites include to have their views counted.

`script.js` is written to be read. It is served without its comments and indentation, which a line-wise rule takes away:
no tool is needed, and the browser tests run what is served.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from server.answers import compress

_SWITCH: Final = "RESPECT_DO_NOT_TRACK"
_COMMENT: Final = "//"
_BEST: Final = 9
_HASH_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class TrackingScript:
    """The script as it is served. `gzip` is the same text packed."""

    body: bytes
    gzip: bytes
    etag: str


@cache
def load_tracking_script(respect_do_not_track: bool) -> TrackingScript:
    """Read the script from the package, and write into it whether it obeys the wish not to be tracked."""
    source = files(__name__).joinpath("script.js").read_text(encoding="utf-8")
    body = compact(source).replace(_SWITCH, "true" if respect_do_not_track else "false").encode()
    return TrackingScript(body, compress(body, _BEST), f'"{hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]}"')


def compact(source: str) -> str:
    """Leave out indentation, empty lines and lines that are a comment."""
    lines = (line.strip() for line in source.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith(_COMMENT))
