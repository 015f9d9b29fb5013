"""One operation of the contract, compiled: everything that does not depend on the request is settled at start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from handlers.reply import Reply
from handlers.services import Services
from server.answers import Answer, Presenter
from server.body import BodyReader
from server.client_address import ClientAddress
from server.collect_origins import CollectOrigins
from server.deadline import Deadlines
from server.entity_tags import read_expected
from server.handlers import QUERY, Handler
from server.idempotency import Idempotency
from server.log import Level
from server.parameters import ParameterReader
from server.rate_limits.checks import Limits
from server.rate_limits.groups import Group
from server.request import Request
from server.response_check import ResponseCheck
from server.security import Identify, Security
from tabularium.access import policy
from tabularium.access.actions import Gated
from tabularium.access.identity import Identity
from tabularium.clock import Clock
from tabularium.context import Context, TurnNeeded
from tabularium.db.database import Database, Session
from tabularium.db.idempotency import Claim
from tabularium.errors import BadRequest, FieldError, NotFound, Rehearsed, Unauthorized, ValidationFailed
from tabularium.schema.model import Schema, Table

IF_MATCH: Final = "if_match"
IDEMPOTENCY_KEY: Final = "idempotency_key"
WITHHELD: Final = frozenset({"if_none_match", IDEMPOTENCY_KEY})
"""What dispatch does with these has no bearing on what a handler does."""

Transaction = Literal["none", "read", "write"]
T = TypeVar("T")

Authorize = Callable[[Schema, Identity, str, Gated], Table]
"""Returns the table that a path names, if the caller may do the action to it. Raises `Unauthorized`, `NotFound` or
`Forbidden`."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all operations share."""

    schema: Schema
    database: Database
    clock: Clock
    services: Services
    authorize: Authorize
    anonymous: Identity
    deadlines: Deadlines
    body_limit: int
    identify: Identify | None
    """`None`: everybody is `anonymous`."""
    limits: Limits | None
    """`None`: nothing is limited."""
    idempotency: Idempotency
    addresses: ClientAddress


@dataclass(frozen=True, slots=True)
class Gate:
    """The check of the caller's right to a table. `position` is that of the table among the values of the path."""

    action: Gated
    position: int
    by_parameter: Mapping[str, Gated]
    """The actions that parameters of the query, where they are true, put in the place of `action`."""

    def action_of(self, request: Request) -> Gated:
        """Return what a request does to the table, before anything else of it is judged."""
        if not self.by_parameter:
            return self.action
        try:
            pairs = request.query()
        except BadRequest:  # it is refused for that, but only if the caller may be here at all
            return self.action
        asked = (self.by_parameter[name] for name, text in pairs if name in self.by_parameter and text == "true")
        return next(asked, self.action)


@dataclass(frozen=True, slots=True)
class Operation:
    """What serves one method of one path."""

    operation_id: str
    log_level: Level
    handler: Handler
    transaction: Transaction
    security: Security | None
    gate: Gate | None
    is_off: bool
    """Whether the application file does without it: it is not there, whoever asks."""
    is_for_administrators: bool
    parameters: ParameterReader
    body: BodyReader | None
    """`None`: what is sent is not even looked at."""
    takes_body: bool
    """Whether the handler gets the body."""
    arguments: dict[str, Any]
    """What the handler gets where the request says nothing else: defaults of parameters, and the services."""
    injected: frozenset[str]
    """Arguments that the handler takes beside those of parameters."""
    query: tuple[str, ...]
    """The parameters that the handler takes together, as the mapping `query`."""
    presenter: Presenter
    response_check: ResponseCheck | None
    surroundings: Surroundings
    limited: Group | None = None
    """The group of limits that it counts in, beside that of addresses."""
    withheld: tuple[str, ...] = ()
    """Arguments of parameters that are for dispatch and not for the handler."""
    has_expectation: bool = False
    """Whether the handler gets `If-Match`, read."""
    body_limit: int | None = None
    """The most bytes of a body, where that is not the server's own limit."""
    origins: CollectOrigins | None = None
    """Which pages may send requests, where that is asked."""
    has_error_pages: bool = False
    """Whether people who ask for HTML get errors as pages."""

    async def answer(self, request: Request, path_values: Sequence[str]) -> Answer:
        """Serve a request. The order of the checks is part of the API: who may not see a table learns nothing of it."""
        if self.is_off:
            raise NotFound
        around = self.surroundings
        if self.body_limit is None:
            request.refuse_announced_size(around.body_limit)
        identity = await self._caller(request)
        if self.body_limit is not None:
            request.refuse_announced_size(self.body_limit)
        table = None
        if self.gate is not None:
            action = self.gate.action_of(request)
            table = around.authorize(around.schema, identity, path_values[self.gate.position], action)
        body, body_errors = None, list[FieldError]()
        if self.body is not None:
            body, body_errors = await self._read_body(self.body, request)
        errors: list[FieldError] = []
        values, is_found = self.parameters.read(request, path_values, errors)
        if errors or body_errors:
            raise ValidationFailed(errors=errors + body_errors)
        if not is_found:
            raise NotFound
        if table is not None:
            values["table"] = table
        if self.takes_body:
            values["body"] = body
        key = values.get(IDEMPOTENCY_KEY) if IDEMPOTENCY_KEY in self.withheld else None
        arguments = self._arguments(values, identity, request)
        if key is not None:
            return await self._answer_once(key, arguments, identity, request)
        result = await self._call(arguments, identity, request)
        return await self.presenter.present(result, request)

    async def _caller(self, request: Request) -> Identity:
        """Return who sends a request. Raises for whoever may not, before anything of it is judged."""
        around = self.surroundings
        identity = around.anonymous
        if self.security is not None and around.identify is not None:
            identity = await around.identify(request)
            request.user_id = identity.user_id
            if not identity.is_signed_in and not self.security.is_open:
                raise Unauthorized
        if self.limited and around.limits is not None:
            await around.limits.check_group(request, self.limited)
        if self.is_for_administrators:
            policy.require_administrator(identity)
        return identity

    def _arguments(self, values: dict[str, Any], identity: Identity, request: Request) -> dict[str, Any]:
        """Return what the handler gets: the values, and whatever does not come with the request."""
        arguments = {**self.arguments, **values}
        for name in self.withheld:
            del arguments[name]
        if self.has_expectation and arguments[IF_MATCH] is not None:
            arguments[IF_MATCH] = read_expected(arguments[IF_MATCH])
        if self.query:
            arguments[QUERY] = {name: arguments.pop(name) for name in self.query}
        if "address" in self.injected:
            arguments["address"] = self.surroundings.addresses.key_of(self.surroundings.addresses.of(request.scope))
        if "identity" in self.injected:
            arguments["identity"] = identity
        if "request_id" in self.injected:
            arguments["request_id"] = request.request_id.decode()
        return arguments

    async def _answer_once(self, key: str, arguments: dict[str, Any], identity: Identity, request: Request) -> Answer:
        around, handler, presenter = self.surroundings, self.handler, self.presenter
        request_id = request.request_id.decode()
        body = arguments.get("body")

        async def attempt(has_turn: bool) -> Reply:
            async def work(session: Session, claim: Claim) -> Reply:
                context = Context(identity, around.schema, session, around.clock, request_id, claim, has_turn)
                return presenter.settle(await handler(context, **arguments))

            return await around.idempotency.answer(request, identity, key, body, around.database, work)

        try:
            reply = await self._in_turn(attempt, request)
        except Rehearsed as rehearsed:  # which takes no key
            return await presenter.present(Reply(rehearsed.answer, status=200), request)
        return await presenter.present_settled(reply, request)

    async def _read_body(self, body: BodyReader, request: Request) -> tuple[Any, list[FieldError]]:
        reader = body.choose(request)
        content = b""
        if reader is not None:
            # The time of the request is the server's: a slow sender has its own, which the protocol watches.
            around = self.surroundings
            around.deadlines.leave(request.task)
            content = await request.read_body(self.body_limit or around.body_limit)
            around.deadlines.resume(request.task)
        if self.origins is not None:
            self.origins.require(request)
        return await body.read(reader, request, content)

    async def _call(self, arguments: dict[str, Any], identity: Identity, request: Request) -> Any:
        handler = self.handler
        if self.transaction == "none":
            return await handler(**arguments)
        around = self.surroundings
        request_id = request.request_id.decode()

        def work(session: Session, has_turn: bool = False) -> Any:
            # A context for each attempt: a write that met a deadlock runs again, at a later instant.
            context = Context(identity, around.schema, session, around.clock, request_id, has_turn=has_turn)
            return handler(context, **arguments)

        if self.transaction == "read":
            return await around.database.read(work)
        try:
            return await self._in_turn(
                lambda has_turn: around.database.write(lambda session: work(session, has_turn)), request
            )
        except Rehearsed as rehearsed:
            return Reply(rehearsed.answer, status=200)

    async def _in_turn(self, attempt: Callable[[bool], Awaitable[T]], request: Request) -> T:
        """Return what an attempt does, which begins anew when limits that it asks for were passed."""
        try:
            return await attempt(False)
        except TurnNeeded as needed:
            turns = needed.turns
        limits = self.surroundings.limits
        if limits is not None:
            await limits.check_turns(request, turns)
        return await attempt(True)
