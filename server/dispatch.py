"""The one middleware between the HTTP server and the handlers, on which Connexion registers the operations."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, Final

from connexion.middleware.abstract import AbstractRoutingAPI, SpecMiddleware
from connexion.operations import OpenAPIOperation

from handlers.services import Lifecycle
from server.answers import Answer, send_answer
from server.auth.operation import AuthOperation
from server.collect_origins import CollectOrigins
from server.compilation import Compiler, error_base
from server.cross_origin import CrossOrigin
from server.deadline import Deadlines
from server.error_pages import as_page
from server.errors import DeadlineExceeded, MethodNotAllowed, error_answer
from server.headers import FOR_ALL_SITES, NO_STORE, Header, is_private_path
from server.log import Level, Log, stack_of
from server.operation import Operation
from server.rate_limits.checks import Limits
from server.rate_limits.verdict import nearest_to_end
from server.request import Application, ClientDisconnected, Receive, Request, Scope, Send
from server.routes import Route, Routes
from server.specification import InvalidContract, Spec31
from tabularium.errors import NotFound, TabulariumError, Unavailable

AnyOperation = Operation | AuthOperation

_AUTH_PATH: Final = "/api/auth/"
_COLLECT_PATH: Final = "/api/analytics/collect"
_USED_ELSEWHERE: Final = frozenset({_COLLECT_PATH, "/api/analytics/script.js"})
"""Paths that pages of other sites use: browsers let them have the answers, errors included."""
_UNKNOWN: Final = "-"
_CLIENT_LEFT: Final = 499
"""Stands in the log where nobody was there to answer."""


class CompiledAPI(AbstractRoutingAPI[AnyOperation]):  # type: ignore[misc]  # Connexion has no types
    """Walks through the contract, has each operation compiled, and adds it to the routes."""

    def __init__(
        self, specification: Spec31, *, routes: Routes[AnyOperation], compiler: Compiler, **options: Any
    ) -> None:
        self._routes = routes
        self._compiler = compiler
        self.problems: list[str] = []
        super().__init__(specification, **options)

    def make_operation(self, operation: OpenAPIOperation) -> AnyOperation:
        return self._compiler.compile(operation)

    @staticmethod
    def _framework_path_and_name(operation: OpenAPIOperation, path: str) -> tuple[str, str]:
        return path, operation.operation_id

    def _add_operation_internal(self, method: str, path: str, operation: AnyOperation, name: str | None = None) -> None:
        self._routes.add(method.upper(), self.base_path + path, operation)

    def _handle_add_operation_error(self, path: str, method: str, exc: Exception) -> None:
        """Note a failure, so that all failures of the contract are reported together."""
        if isinstance(exc, InvalidContract):
            self.problems += [f"{method.upper()} {path}: {each}" for each in exc.problems]
        elif isinstance(exc, ValueError | KeyError):
            self.problems.append(f"{method.upper()} {path}: {exc}")
        else:
            raise exc


class Dispatch(SpecMiddleware):  # type: ignore[misc]  # Connexion has no types
    """Finds the operation of a request, has it answered, and turns every failure into the one error object."""

    def __init__(
        self,
        app: Application,
        *,
        security_headers: list[Header],
        deadlines: Deadlines,
        lifecycle: Lifecycle,
        log: Log,
        limits: Limits | None = None,
        cross_origin: CrossOrigin | None = None,
        application: str = "",
        collect_origins: CollectOrigins | None = None,
    ) -> None:
        self._app = app
        self._application = application
        self._collect_origins = collect_origins
        self._routes: Routes[AnyOperation] = Routes()
        self._security_headers = security_headers
        self._error_headers = error_base(security_headers)
        self._deadlines = deadlines
        self._lifecycle = lifecycle
        self._log = log
        self._limits = limits
        self._cross_origin = cross_origin

    def add_api(self, specification: Spec31, **options: Any) -> CompiledAPI:
        """Register the operations of a document. Raises `InvalidContract` with everything that does not fit."""
        resolver = options["resolver"]
        api = CompiledAPI(specification, routes=self._routes, **options)
        resolver.find_surplus()
        problems = [*resolver.problems, *api.problems]
        if problems:
            raise InvalidContract(problems)
        return api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; everything else is for the middleware behind."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        task = self._deadlines.enter()
        request = Request(scope, receive, task)
        try:
            answer = await self._answer(request)
        except ClientDisconnected:
            self._write_line(request, _CLIENT_LEFT, started)
            return
        except asyncio.CancelledError:
            answer = self._answer_cancelled(request, task)
        finally:
            self._deadlines.leave(task)
        self._write_line(request, answer.status, started)
        self._add_headers(answer, request)
        await send_answer(answer, request, receive, send)

    async def _answer(self, request: Request) -> Answer:
        try:
            answer = await self._find_and_answer(request)
        except TabulariumError as error:
            answer = self._refuse(error, request)
        except ClientDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 - any defect becomes a neutral answer, and is in the log
            answer = self._answer_defect(request, stack_of(error))
        operation = request.operation
        if operation is not None and operation.response_check is not None and answer.status != 500:
            fault = operation.response_check.find_fault(answer)
            if fault is not None:
                return self._answer_defect(request, f"the answer {answer.status} does not fit the contract: {fault}")
        return answer

    async def _find_and_answer(self, request: Request) -> Answer:
        scope = request.scope
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        found = self._routes.find(path)
        if found is not None:
            request.route = found[0].template  # a refusal by a limit, too, has the headers of its path
        if self._limits is not None:
            await self._limits.check_path(request, path)
        if found is None:
            raise NotFound("There is nothing at this path.")
        route, values = found
        operation = route.methods.get(request.method)
        if operation is None and any(isinstance(each, Operation) and each.is_off for each in route.methods.values()):
            raise NotFound("There is nothing at this path.")
        if operation is None:
            operation = route.methods.get("GET") if request.method == "HEAD" else None
            if request.method == "OPTIONS":
                return self._list_methods(route, request)
            if operation is None and route.template.startswith(_AUTH_PATH):
                raise NotFound("There is nothing at this path.")
            if operation is None:
                raise MethodNotAllowed(route.allow)
        request.operation = operation
        return await operation.answer(request, values)

    def _list_methods(self, route: Route[AnyOperation], request: Request) -> Answer:
        private = [NO_STORE] if is_private_path(route.template) else []
        headers = [*self._security_headers, *private, (b"allow", route.allow.encode())]
        if route.template == _COLLECT_PATH and self._collect_origins is not None:
            return Answer(204, headers + self._collect_origins.preflight_headers(), b"")
        if self._cross_origin is not None and is_private_path(route.template):
            headers += self._cross_origin.preflight_headers(request, route.allow)
        return Answer(204, headers, b"")

    def _add_headers(self, answer: Answer, request: Request) -> None:
        """Add what depends on the request and not on the operation: limits, and who may read the answer elsewhere."""
        if request.limits:
            nearest = nearest_to_end(request.limits)
            if nearest is not None and nearest.allowed:  # a refusal has them already
                answer.headers.extend(nearest.headers())
        if request.route in _USED_ELSEWHERE:
            answer.headers = [
                FOR_ALL_SITES if name == FOR_ALL_SITES[0] else (name, value) for name, value in answer.headers
            ]
        if request.route == _COLLECT_PATH and self._collect_origins is not None:
            answer.headers.extend(self._collect_origins.headers(request))
        elif self._cross_origin is not None and b"origin" in request.headers and is_private_path(request.scope["path"]):
            answer.headers.extend(self._cross_origin.headers(request))

    def _refuse(self, error: TabulariumError, request: Request) -> Answer:
        page = as_page(error, request, self._error_headers, self._application)
        return page or error_answer(error, request.request_id, self._error_headers)

    def _answer_defect(self, request: Request, reason: str) -> Answer:
        operation = request.operation.operation_id if request.operation else _UNKNOWN
        self._log.event("error", reason, requestId=request.request_id.decode(), operation=operation)
        return self._refuse(TabulariumError(), request)

    def _answer_cancelled(self, request: Request, task: asyncio.Task[Any]) -> Answer:
        """Answer a request that was stopped: by its deadline, or because the server had waited long enough to stop."""
        if self._deadlines.was_expired(task):
            return self._refuse(DeadlineExceeded(), request)
        if self._lifecycle.state == "stopping":
            return self._refuse(Unavailable("The server is stopping."), request)
        raise asyncio.CancelledError

    def _write_line(self, request: Request, status: int, started: float) -> None:
        log = self._log
        operation = request.operation
        level: Level = "info" if operation is None else operation.log_level
        if status >= 500:
            level = "warning" if status == 503 else "error"
        if level == "info" and not log.writes_info:
            return
        if level == "debug" and not log.writes_debug:
            return
        log.request(
            level,
            request.request_id.decode(),
            request.user_id,
            request.method,
            request.route,
            _UNKNOWN if operation is None else operation.operation_id,
            status,
            (perf_counter() - started) * 1000,
        )
