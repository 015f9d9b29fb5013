"""The address of the client: the socket's, or the one that trusted proxies report."""

from __future__ import annotations

import re
import socket
from typing import Final

from server.request import Scope

_FORWARDED: Final = b"x-forwarded-for"
_MAPPED: Final = b"\x00" * 10 + b"\xff\xff"
"""How the 16 bytes of an IPv6 address begin that only carries an IPv4 address."""

_WITH_PORT = re.compile(r"\[([0-9A-Fa-f.]*:[0-9A-Fa-f.:]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")

_LONGEST: Final = 64
"""An IPv6 address with brackets and a port has 53 characters; what is longer is no address."""


class ClientAddress:
    """Finds the client's address. `hops` is the number of proxies that are trusted to have added to X-Forwarded-For."""

    __slots__ = ("_hops",)

    def __init__(self, hops: int) -> None:
        self._hops = hops

    def of(self, scope: Scope) -> str:
        """Return the address as text, `""` where there is none: a client at a Unix socket, say.

        With trusted proxies it is the n-th value from the right: what stands left of it came from the client, who may
        write anything. Where that value is missing or no address, it is the socket's.
        """
        client = scope.get("client")
        peer: str = (client[0] or "") if client else ""
        if self._hops:
            forwarded = _nth_from_right(scope, self._hops)
            address = None if forwarded is None else _read_address(forwarded)
            if address is not None:
                return address
        if ":" in peer:
            return _read_address(peer) or peer
        return peer

    @staticmethod
    def key_of(address: str) -> str:
        """Return what stands for an address where clients are counted: of IPv6 the /64, in which one client has all."""
        if ":" not in address:
            return address
        try:
            packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
        except (OSError, ValueError):
            return address
        if packed.startswith(_MAPPED):
            return socket.inet_ntop(socket.AF_INET, packed[12:])
        return socket.inet_ntop(socket.AF_INET6, packed[:8] + bytes(8)) + "/64"


def _nth_from_right(scope: Scope, number: int) -> str | None:
    # Empty values count: left out, they would move the count to the left, into what the client has written.
    joined = b",".join(value for name, value in scope["headers"] if name == _FORWARDED)
    values = joined.rsplit(b",", number)[-number:]
    if len(values) < number:
        return None
    return values[0].decode("latin-1").strip(" \t")


def _read_address(text: str) -> str | None:
    """Read an address in the forms that proxies write: also with a port, IPv6 also in brackets."""
    if len(text) > _LONGEST:
        return None
    found = _WITH_PORT.fullmatch(text)
    return _canonical(text if found is None else found[1] or found[2])


def _canonical(host: str) -> str | None:
    # A zone (`fe80::1%eth0`) is refused with the rest: it may hold any text.
    try:
        if ":" not in host:
            return socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, host))
        packed = socket.inet_pton(socket.AF_INET6, host)
    except (OSError, ValueError):
        return None
    if packed.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed)
