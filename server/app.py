"""The application factory: the only place where the parts of the server are put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, lru_cache, partial
from importlib.resources import files
from types import ModuleType
from typing import Any, Final, Protocol

import orjson
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.main import API

from handlers.services import ContractDocument, DashboardFiles, Explorer, Lifecycle, Services
from server import explorer as explorer_package
from server.auth.assembly import identify_by
from server.auth.exchange import Exchanges
from server.client_address import ClientAddress
from server.collect_origins import CollectOrigins
from server.compilation import Compiler
from server.contract_document import contract_document
from server.cross_origin import CrossOrigin
from server.dashboard import load_dashboard_assets
from server.deadline import Deadlines
from server.dispatch import Dispatch
from server.handlers import HandlerResolver
from server.headers import security_headers
from server.idempotency import Idempotency
from server.log import Format, Level, Log
from server.operation import Authorize, Surroundings
from server.probe import DatabaseProbe
from server.rate_limits.checks import Limits
from server.request import Application, Receive, Scope, Send
from server.security import Identify
from server.specification import Spec31
from server.tracking import load_tracking_script
from server.typed_contract import TypedContracts
from tabularium import __version__
from tabularium.access.identity import ANONYMOUS, GUEST, Identity
from tabularium.access.policy import authorize as authorize_by_policy
from tabularium.analytics.collecting import Collector
from tabularium.analytics.seeing import Seer
from tabularium.analytics.visitors import DayKeys
from tabularium.clock import Clock, SystemClock
from tabularium.db.database import Database
from tabularium.identity.context import Authentication
from tabularium.schema.model import Schema

_HANDLERS: Final = "handlers"
_SYSTEM_CLOCK: Final = SystemClock()
_PEER: Final = ClientAddress(0)
_EMPTYING_SECONDS: Final = 10.0
"""So long the end waits for views to be stored."""


class ServerSettings(Protocol):
    """What of the settings the server itself needs."""

    @property
    def base_url(self) -> str: ...
    @property
    def request_timeout_ms(self) -> int: ...
    @property
    def log_level(self) -> Level: ...
    @property
    def log_format(self) -> Format: ...


class ServedApplication:
    """The ASGI application, with what the process that runs it must reach."""

    def __init__(
        self, application: Application, lifecycle: Lifecycle, log: Log, collector: Collector | None = None
    ) -> None:
        self._application = application
        self.lifecycle = lifecycle
        self.log = log
        self.collector = collector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application(scope, receive, send)


def create_app(
    schema: Schema,
    database: Database,
    settings: ServerSettings,
    *,
    clock: Clock = _SYSTEM_CLOCK,
    document: bytes | None = None,
    handlers: str | Mapping[str, ModuleType] = _HANDLERS,
    auth: Authentication | None = None,
    limits: Limits | None = None,
    addresses: ClientAddress = _PEER,
    identify: Identify | None = None,
    anonymous: Identity | None = None,
    authorize: Authorize = authorize_by_policy,
    log: Log | None = None,
    validate_responses: bool = False,
) -> ServedApplication:
    """Build the application from a schema and an open database, which stays its opener's to close.

    `document` is the contract as JSON, else the generated one; `handlers` their package, or modules by tag. `auth` is
    needed where the schema has authentication. With `validate_responses` an answer that does not fit the contract
    becomes a logged 500. Raises `InvalidContract` where contract and handlers do not fit together.
    """
    log = log or Log(settings.log_level, settings.log_format)
    contract = _load_contract() if document is None else document
    specification = _specification(contract)
    lifecycle = Lifecycle()
    exchanges = None if auth is None else Exchanges(auth, addresses)
    if identify is None and exchanges is not None:
        identify = identify_by(exchanges)
    if anonymous is None:
        anonymous = GUEST if identify is None else ANONYMOUS
    deadlines = Deadlines(settings.request_timeout_ms / 1000)
    collector = _collector(schema, database, clock, settings.base_url, log)
    surroundings = Surroundings(
        schema=schema,
        database=database,
        clock=clock,
        services=_services(schema, database, clock, lifecycle, contract, settings.base_url, collector),
        authorize=authorize,
        anonymous=anonymous,
        deadlines=deadlines,
        body_limit=schema.api.body_limit_bytes,
        identify=identify,
        limits=limits,
        idempotency=Idempotency(schema.cursor_key, addresses, deadlines),
        addresses=addresses,
    )
    headers = security_headers(settings.base_url.startswith("https:"))
    compiler = Compiler(specification, surroundings, headers, validate_responses, exchanges)
    dispatch = partial(
        Dispatch,
        security_headers=headers,
        deadlines=deadlines,
        lifecycle=lifecycle,
        log=log,
        limits=limits,
        cross_origin=None if auth is None else CrossOrigin(auth.origins),
        application=schema.name,
        collect_origins=None if schema.analytics is None else CollectOrigins(schema.analytics.allowed_origins),
    )
    options = {"resolver": HandlerResolver(specification, handlers), "compiler": compiler}
    application = _build(specification, dispatch, options, _lifespan(lifecycle, log, collector))
    return ServedApplication(application, lifecycle, log, collector)


def _build(specification: Spec31, dispatch: Any, options: Mapping[str, Any], lifespan: Any) -> Application:
    """Have Connexion put its stack together, with `dispatch` in the place of its own layers."""
    connexion = ConnexionMiddleware(
        _refuse_other_protocols,
        import_name=__name__,
        lifespan=lifespan,
        middlewares=[dispatch, LifespanMiddleware],
    )
    # Not through its `add_api`, which makes the specification itself, and of OpenAPI 3.0 only.
    connexion.apis.append(API(specification, base_path=None, **options))
    # Connexion builds at the first request; what does not fit has to stop the start.
    application: Application = connexion._build_middleware_stack()[0]
    return application


def _collector(schema: Schema, database: Database, clock: Clock, base_url: str, log: Log) -> Collector | None:
    if schema.analytics is None:
        return None
    seer = Seer(schema.name, base_url, schema.analytics, DayKeys(database, clock))
    return Collector(database, clock, seer, lambda line: log.event("error", line))


def _lifespan(lifecycle: Lifecycle, log: Log, collector: Collector | None) -> Any:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        lifecycle.start()
        try:
            yield
        finally:
            lifecycle.stop()
            if collector is not None:
                await _empty(collector, log)
            log.flush()

    return lifespan


async def _empty(collector: Collector, log: Log) -> None:
    try:
        await asyncio.wait_for(collector.stop(), _EMPTYING_SECONDS)
    except TimeoutError:
        log.event("error", f"{collector.waiting} views of pages are lost: the database could not take them in time.")


def _services(
    schema: Schema,
    database: Database,
    clock: Clock,
    lifecycle: Lifecycle,
    contract: bytes,
    base_url: str,
    collector: Collector | None,
) -> Services:
    explorer, dashboard = _explorer(), load_dashboard_assets()
    respect_do_not_track = schema.analytics is None or schema.analytics.respect_do_not_track
    return Services(
        schema=schema,
        clock=clock,
        lifecycle=lifecycle,
        version=__version__,
        contract=_contract_document(contract),
        typed_contract=TypedContracts(contract, schema).of,
        explorer=Explorer(explorer.html, explorer_package.CONTENT_SECURITY_POLICY, explorer.assets),
        collector=collector,
        tracking_script=load_tracking_script(respect_do_not_track),
        dashboard=DashboardFiles(dashboard.by_name, dashboard.scripts, dashboard.styles),
        base_url=base_url.rstrip("/"),
        database_latency=DatabaseProbe(database).latency,
    )


@lru_cache(maxsize=4)
def _specification(contract: bytes) -> Spec31:
    """Read a contract; applications of one process share it with its validators."""
    return Spec31(orjson.loads(contract))


@lru_cache(maxsize=4)
def _contract_document(contract: bytes) -> ContractDocument:
    return contract_document(contract)


@cache
def _explorer() -> explorer_package.Explorer:
    return explorer_package.load_explorer()


def _load_contract() -> bytes:
    return files("generated").joinpath("openapi.json").read_bytes()


async def _refuse_other_protocols(scope: Scope, _: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
