"""The small pages that a flow in the browser may end on. They have no script, and everything in them is escaped."""

from __future__ import annotations

import re
from html import escape
from typing import Any, Final

CONTENT_SECURITY_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_CODE = re.compile(r"['A-Za-z0-9_-]+", re.ASCII)
_MOST: Final = 200


def html(error: Any, description: Any, application: str) -> bytes:
    """Return the page that shows an error."""
    code = str(error)[:_MOST]
    code = code if _CODE.fullmatch(code) else "UNKNOWN"
    words = f"<p>{escape(str(description)[:_MOST])}</p>" if description else ""
    title = escape(application)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Error – {title}</title>'
        '<meta name="viewport" content="width=device-width">'
        "</head><body><main><h1>That did not work</h1>"
        f"<p><code>{escape(code)}</code></p>{words}"
        f"<p>Go back to {title} and try again.</p></main></body></html>"
    ).encode()
