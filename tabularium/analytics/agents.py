"""What a user agent says: a robot, or which kind of device, browser and system, without versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import crawleruseragents
import ua_parser

UNKNOWN: Final = "Unknown"
_MOST: Final = 1_000
"""Characters of a user agent that are looked at: longer ones are no browser's."""

_BROWSERS: Final = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
}
_SYSTEMS: Final = {"Mac OS X": "macOS"}
_DESKTOPS: Final = frozenset(
    {"Windows", "macOS", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD", "OpenBSD"}
)
_PHONES: Final = frozenset({"iOS", "Android", "KaiOS", "Windows Phone", "BlackBerry OS"})


@dataclass(frozen=True, slots=True)
class Agent:
    """What is kept of a user agent."""

    device: str
    browser: str
    system: str


def is_robot(agent: str) -> bool:
    """Say whether a user agent is that of a robot. None at all is one, too, and so is a browser without a head."""
    text = agent.strip()
    return not text or "headless" in text.lower() or bool(crawleruseragents.is_crawler(text[:_MOST]))


def read_agent(agent: str) -> Agent:
    """Read what a user agent says."""
    text = agent[:_MOST]
    found = ua_parser.parse(text)
    browser = _known(found.user_agent.family) if found.user_agent else UNKNOWN
    system = _known(found.os.family) if found.os else UNKNOWN
    system = _SYSTEMS.get(system, system)
    return Agent(_device_of(text, system), _BROWSERS.get(browser, browser), system)


@lru_cache(maxsize=1_000)
def _known(name: str) -> str:
    """Return a name that the library itself has; `Unknown` for one that it takes from what was sent, whatever that is.

    Some of its rules do: up to 200 characters of a user agent would be kept as the name of a browser.
    """
    # Most names that are not known are nowhere in the rules, which a plain search says sooner.
    is_known = name in _rules() and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", _rules())
    return name if is_known else UNKNOWN


@cache
def _rules() -> str:
    browsers, systems, _ = ua_parser.load_lazy_builtins()
    # A rule shows what it looks for, and what it calls that.
    return "\n".join((*map(repr, browsers), *map(repr, systems))).replace("\\", "")


def _device_of(agent: str, system: str) -> str:
    if "iPad" in agent or "Tablet" in agent or (system == "Android" and "Mobile" not in agent):
        return "tablet"
    if "Mobi" in agent or system in _PHONES:
        return "mobile"
    return "desktop" if system in _DESKTOPS else UNKNOWN
