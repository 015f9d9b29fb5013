"""An operation of `/api/auth` or of the account: its own order of checks, and answers that carry cookies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.answers import Answer, Presenter
from server.auth import origin_checks
from server.auth.body import AuthBody
from server.auth.exchange import Exchanges
from server.auth.query import AuthQuery
from server.deadline import Deadlines
from server.errors import error_answer
from server.handlers import Handler
from server.headers import Header, header
from server.log import Level
from server.request import Request
from server.response_check import ResponseCheck
from tabularium.errors import NotFound, TabulariumError
from tabularium.identity import callers
from tabularium.identity.context import AuthContext
from tabularium.identity.origins import TrustedOrigins
from tabularium.schema.auth_options import Feature

AUTH_PATH: Final = "/api/auth"
CHECKED_QUERIES: Final = frozenset({"verify_email", "open_reset_password", "delete_user_callback", "verify_magic_link"})
"""Reads whose query names addresses that the answer leads to."""
READS_THAT_CHANGE: Final = CHECKED_QUERIES | {"open_callback", "open_oauth2_callback"}
"""Links that are opened once. Programs that look where links lead ask with HEAD, and would use them up."""
_TEXT_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class AuthOperation:
    """What serves one method of one path."""

    operation_id: str
    path: str
    log_level: Level
    handler: Handler
    feature: Feature | None
    path_names: Sequence[str]
    query: AuthQuery
    body: AuthBody | None
    injected: frozenset[str]
    services: Any
    presenter: Presenter
    error_headers: list[Header]
    response_check: ResponseCheck | None
    exchanges: Exchanges | None
    """`None`: the application has no authentication, and none of these operations is there."""
    deadlines: Deadlines

    async def answer(self, request: Request, path_values: Sequence[str]) -> Answer:
        """Serve a request."""
        exchanges = self.exchanges
        if exchanges is None or (self.feature is not None and self.feature not in exchanges.auth.options.features):
            raise NotFound("There is nothing at this path.")
        if request.method == "HEAD" and self.operation_id in READS_THAT_CHANGE:
            raise NotFound("There is nothing at this path.")
        context = exchanges.begin(request)
        try:
            result = await self._call(context, request, path_values)
            answer = await self.presenter.present(result, request)
        except TabulariumError as error:
            answer = error_answer(error, request.request_id, self.error_headers)
        finally:
            exchanges.end(context)
        answer.headers.extend(_headers_of(context))
        return answer

    async def _call(self, context: AuthContext, request: Request, path_values: Sequence[str]) -> Any:
        origins = context.auth.origins
        sent = {} if self.body is None else await self._receive(self.body, request)
        query = self.query.raw(request)
        if self.path.startswith(AUTH_PATH):
            origin_checks.check_origin(self.operation_id, request, origins)
            self._check_targets(request, query, sent, origins)
        arguments = {**self.query.defaults, **self.query.read(query)}
        arguments.update(zip(self.path_names, path_values, strict=True))
        if any(len(value) > _TEXT_LIMIT or "\0" in value for value in path_values):
            raise NotFound
        if self.body is not None:
            arguments["body"] = self.body.check(sent)
        await self._identify(context, request, extends=not arguments.get("disable_refresh"))
        if "services" in self.injected:
            arguments["services"] = self.services
        return await self.handler(context, **arguments)

    def _check_targets(
        self, request: Request, query: dict[str, Any], sent: dict[str, Any], origins: TrustedOrigins
    ) -> None:
        if request.method == "GET" and self.operation_id in CHECKED_QUERIES:
            origin_checks.check_targets(query, origins, is_query=True)
        elif request.method != "GET":
            origin_checks.check_targets(sent, origins)
            origin_checks.check_query(request, origins)

    async def _receive(self, body: AuthBody, request: Request) -> dict[str, Any]:
        # The time of the request is the server's: a slow sender has its own, which the protocol watches.
        self.deadlines.leave(request.task)
        sent = await body.parse(request)
        self.deadlines.resume(request.task)
        return sent

    async def _identify(self, context: AuthContext, request: Request, *, extends: bool) -> None:
        is_auth = self.path.startswith(AUTH_PATH)
        await callers.identify(context, is_lenient=is_auth or self.operation_id == "claim_first_admin", extends=extends)
        if context.caller is not None:
            request.user_id = context.caller.user_id
            if not is_auth and context.is_known_by_cookie and self.operation_id not in origin_checks.UNCHECKED:
                origin_checks.check_cross_site(request, context.auth.origins)


def _headers_of(context: AuthContext) -> list[Header]:
    """Return the headers that an exchange sets beside those of its answer."""
    headers = [header("set-cookie", line) for line in context.cookies.lines()]
    if context.cookies.token is not None:
        headers.append(header("set-auth-token", context.cookies.token))
    if context.location is not None:
        headers.append(header("location", context.location))
    return headers
