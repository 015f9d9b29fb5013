"""The security requirements of the contract: whether an operation serves callers who are not signed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from server.request import Request
from server.specification import InvalidContract
from tabularium.access.identity import Identity

Identify = Callable[[Request], Awaitable[Identity]]
"""Says who sends a request: by API key, bearer or cookie, in this order. Raises where one of the first two is bad."""

_KINDS: Final = frozenset({("http", None), ("apiKey", "header"), ("apiKey", "cookie")})


class Security:
    """The requirements of one operation. Any of several is enough; which one a caller meets, `Identify` finds out."""

    __slots__ = ("is_open",)

    def __init__(self, requirements: Sequence[Mapping[str, Any]], schemes: Mapping[str, Mapping[str, Any]]) -> None:
        names = {name for requirement in requirements for name in requirement}
        problems = [f"the security scheme {name} is not declared" for name in sorted(names - schemes.keys())]
        known = ((name, schemes[name]) for name in sorted(names & schemes.keys()))
        problems += [
            f"the security scheme {name}: only http and apiKey in a header or a cookie are supported"
            for name, scheme in known
            if (scheme["type"], scheme.get("in")) not in _KINDS
        ]
        if problems:
            raise InvalidContract(problems)
        self.is_open = any(not requirement for requirement in requirements)
        """Whether somebody who is not signed in may try."""
