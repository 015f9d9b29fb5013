"""What handlers reach beside the context of a request: things that live as long as the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tabularium.access.identity import Identity
from tabularium.analytics.collecting import Collector
from tabularium.clock import Clock
from tabularium.schema.model import Schema

State = Literal["starting", "ready", "stopping"]


class Lifecycle:
    """Where the server stands between its start and its end. It only ever moves forward."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state: State = "starting"

    @property
    def state(self) -> State:
        return self._state

    def start(self) -> None:
        """Say that requests can be served."""
        if self._state == "starting":
            self._state = "ready"

    def stop(self) -> None:
        """Say that the server goes away, so that a load balancer sends nothing more."""
        self._state = "stopping"


class Asset(Protocol):
    """A file that a page of ours names. `gzip` is the same file packed, where that is smaller."""

    @property
    def body(self) -> bytes: ...
    @property
    def gzip(self) -> bytes | None: ...
    @property
    def content_type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Explorer:
    """The explorer's page with the policy that it needs and, by name, its assets, which never change under a name."""

    html: bytes
    content_security_policy: str
    assets: Mapping[str, Asset]


@dataclass(frozen=True, slots=True)
class DashboardFiles:
    """The files of the dashboard by name, which never change under one, and the paths of those that the page names."""

    assets: Mapping[str, Asset]
    scripts: Sequence[str]
    styles: Sequence[str]


class TrackingScript(Protocol):
    """The script that other sites include, as it is served."""

    @property
    def body(self) -> bytes: ...
    @property
    def gzip(self) -> bytes: ...
    @property
    def etag(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ContractDocument:
    """The contract as it is served."""

    body: bytes
    gzip: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Services:
    """Filled once by the application factory."""

    schema: Schema
    clock: Clock
    lifecycle: Lifecycle
    version: str
    """The program's version, not the application's."""
    contract: ContractDocument
    typed_contract: Callable[[Identity], Awaitable[ContractDocument]]
    """The contract with paths and schemas of every table that a caller may see."""
    explorer: Explorer
    collector: Collector | None
    """Takes views of pages; `None` where the application does without."""
    tracking_script: TrackingScript
    dashboard: DashboardFiles
    base_url: str
    """Where users reach the server: what links of ours begin with."""
    database_latency: Callable[[], Awaitable[float | None]]
    """Milliseconds that the database took for a trivial question, or `None` if it did not answer within a second."""
