"""From an operation of Connexion's to one that is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connexion.operations import OpenAPIOperation

from server.answers import Presenter
from server.auth.body import AuthBody
from server.auth.exchange import Exchanges
from server.auth.operation import AUTH_PATH, AuthOperation
from server.auth.query import AuthQuery
from server.body import BodyReader
from server.collect_origins import CollectOrigins
from server.entity_tags import Tagged
from server.handlers import INJECTED, QUERY, TABLE, arguments_of, check_arguments
from server.headers import JSON, NO_STORE, Header, is_private_path
from server.operation import IF_MATCH, WITHHELD, Gate, Operation, Surroundings
from server.parameters import Parameter, ParameterReader, build_parameter, is_ignored, snake_case
from server.rate_limits.groups import Group, group_of
from server.response_check import ResponseCheck
from server.routes import parameter_names
from server.security import Security
from server.specification import InvalidContract, Spec31

_TABLE_PARAMETER: Final = "tableId"
_ACTION: Final = "x-action"
_TRANSACTIONS: Final = ("none", "read", "write")
_ANALYTICS: Final = "analytics"
_NO_BODY: Final = {"content": {"application/json": {"schema": {"type": "object", "unevaluatedProperties": False}}}}
_READING: Final = frozenset({"get", "head"})
_QUIET_TAGS: Final = frozenset({"health"})
_AUTH_TAGS: Final = frozenset({"auth", "account"})
_NEVER_COMPRESSED: Final = ("/api/auth", "/api/account")
"""Secrets stand beside foreign text there: the length of a compressed answer would tell of them."""


class Compiler:
    """Compiles the operations of one document."""

    def __init__(
        self,
        specification: Spec31,
        surroundings: Surroundings,
        security_headers: list[Header],
        validate_responses: bool,
        exchanges: Exchanges | None = None,
    ) -> None:
        self._specification = specification
        self._factory = specification.validators
        self._surroundings = surroundings
        self._security_headers = security_headers
        self._validate_responses = validate_responses
        self._exchanges = exchanges

    def compile(self, source: OpenAPIOperation) -> Operation | AuthOperation:
        """Compile an operation. Raises `InvalidContract` with everything about it that cannot be served."""
        definition = self._specification.get_operation(source.path, source.method)
        if _AUTH_TAGS & set(definition.get("tags", ())):
            return self._compile_auth(source, definition)
        transaction = definition.get("x-transaction", "none")
        if transaction not in _TRANSACTIONS:
            raise InvalidContract([f"x-transaction must be one of {', '.join(_TRANSACTIONS)}"])
        gate = _gate(source.path, definition, source.parameters)
        parameters = self._parameters(source, gate)
        security = self._security(source)
        reader = ParameterReader(
            self._factory,
            parameters,
            parameter_names(source.path),
            frozenset(),
        )
        body = self._body(source)
        given = _given(transaction, gate, bool(source.request_body))
        _check_handler(source, parameters, given)
        injected = arguments_of(source.function) & INJECTED
        together = tuple(each.argument for each in parameters if each.place == "query") if QUERY in injected else ()
        arguments = dict(reader.defaults)
        if "services" in injected:
            arguments["services"] = self._surroundings.services
        return Operation(
            operation_id=source.operation_id,
            log_level="debug" if _QUIET_TAGS & set(definition.get("tags", ())) else "info",
            handler=source.function,
            transaction=transaction,
            security=security,
            gate=gate,
            is_off=definition.get("x-feature") == _ANALYTICS and self._surroundings.schema.analytics is None,
            is_for_administrators=definition.get("x-access") == "admin",
            parameters=reader,
            body=body,
            takes_body=bool(source.request_body),
            arguments=arguments,
            injected=injected,
            query=together,
            presenter=self._presenter(source, _tagged(definition)),
            response_check=ResponseCheck(self._factory, source.responses) if self._validate_responses else None,
            surroundings=self._surroundings,
            limited=_group(source, definition),
            withheld=tuple(each.argument for each in parameters if each.argument in WITHHELD),
            has_expectation=any(each.argument == IF_MATCH for each in parameters),
            body_limit=definition.get("x-body-limit"),
            origins=self._origins(definition),
            has_error_pages="text/html" in source.responses.get("500", {}).get("content", {}),
        )

    def _compile_auth(self, source: OpenAPIOperation, definition: Mapping[str, Any]) -> AuthOperation:
        names = parameter_names(source.path)
        path = self._specification.base_path + source.path
        query = AuthQuery(self._specification.raw, self._factory, source.parameters, is_open=path.startswith(AUTH_PATH))
        content = source.request_body.get("content") if source.request_body else None
        body = AuthBody(self._specification.raw, self._factory, content) if content else None
        arguments = tuple(map(snake_case, names))
        given = frozenset({"context", *arguments, *query.defaults, *(["body"] if body else [])})
        problems = check_arguments(
            f"the handler {source.operation_id}", source.function, given, frozenset({"services"})
        )
        if problems:
            raise InvalidContract(problems)
        return AuthOperation(
            operation_id=source.operation_id,
            path=path,
            log_level="info",
            handler=source.function,
            feature=definition.get("x-feature"),
            path_names=arguments,
            query=query,
            body=body,
            injected=arguments_of(source.function) & INJECTED,
            services=self._surroundings.services,
            presenter=self._presenter(source),
            error_headers=error_base(self._security_headers),
            response_check=ResponseCheck(self._factory, source.responses) if self._validate_responses else None,
            exchanges=self._exchanges,
            deadlines=self._surroundings.deadlines,
        )

    def _parameters(self, source: OpenAPIOperation, gate: Gate | None) -> list[Parameter]:
        document = self._specification.raw
        built = [build_parameter(document, each) for each in source.parameters if not is_ignored(each)]
        # The gate has turned the table's name into the table, which the handler gets in its place.
        built = [each for each in built if gate is None or each.name != _TABLE_PARAMETER]
        arguments = [each.argument for each in built]
        # Where there is no table to be given, a parameter may be called so.
        reserved = INJECTED if gate is not None else INJECTED - {TABLE}
        clashes = sorted({each for each in arguments if arguments.count(each) > 1 or each in reserved})
        if clashes:
            raise InvalidContract([f"several arguments of the handler would be called {', '.join(clashes)}"])
        undeclared = set(parameter_names(source.path)) - {
            each["name"] for each in source.parameters if each["in"] == "path"
        }
        if undeclared:
            raise InvalidContract([f"the path's parameter {', '.join(sorted(undeclared))} is not declared"])
        return built

    def _origins(self, definition: Mapping[str, Any]) -> CollectOrigins | None:
        settings = self._surroundings.schema.analytics
        is_asked = definition.get("x-origins") == _ANALYTICS
        return CollectOrigins(settings.allowed_origins) if is_asked and settings is not None else None

    def _security(self, source: OpenAPIOperation) -> Security | None:
        if not source.security:
            return None
        return Security(source.security, source.security_schemes)

    def _body(self, source: OpenAPIOperation) -> BodyReader | None:
        if not source.request_body and source.method in _READING:
            return None
        # Nothing that is sent is ignored: where no body is declared, an empty object is all that one may hold.
        return BodyReader(self._specification.raw, self._factory, source.request_body or _NO_BODY)

    def _presenter(self, source: OpenAPIOperation, tagged: Tagged | None = None) -> Presenter:
        statuses = sorted(int(each) for each in source.responses if each.isdigit() and each[0] in "23")
        if not statuses:
            raise InvalidContract(["a successful response is missing"])
        with_content = [each for each in statuses if source.responses[str(each)].get("content")]
        empty = next((each for each in statuses if each not in with_content), None)
        status = with_content[0] if with_content else statuses[0]
        content = source.responses[str(status)].get("content") or {"application/json": {}}
        base = list(self._security_headers)
        path = self._specification.base_path + source.path
        if is_private_path(path):
            base.append(NO_STORE)
        is_compressible = not path.startswith(_NEVER_COMPRESSED)
        return Presenter(base, status, empty, next(iter(content)), is_compressible, tagged)


def error_base(security_headers: list[Header]) -> list[Header]:
    """Return the headers that every error has."""
    return [*security_headers, NO_STORE, JSON]


def _gate(path: str, definition: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]) -> Gate | None:
    names = parameter_names(path)
    action = definition.get(_ACTION)
    if action is None or _TABLE_PARAMETER not in names:
        return None
    by_parameter = {each["name"]: each[_ACTION] for each in parameters if _ACTION in each}
    return Gate(action, names.index(_TABLE_PARAMETER), by_parameter)


def _tagged(definition: Mapping[str, Any]) -> Tagged | None:
    place: Tagged | None = definition.get("x-etag")
    if place not in (None, "body", "record", "comment"):
        raise InvalidContract(["x-etag must be body, record or comment"])
    return place


def _group(source: OpenAPIOperation, definition: Mapping[str, Any]) -> Group | None:
    tag = next(iter(definition.get("tags", ())), "")
    group = group_of(source.operation_id, tag, source.method)
    return None if group == "address" else group


def _given(transaction: str, gate: Gate | None, has_body: bool) -> frozenset[str]:
    """Return the arguments that a handler must take beside those of parameters."""
    given = {"context": transaction != "none", "table": gate is not None, "body": has_body}
    return frozenset(name for name, is_given in given.items() if is_given)


def _check_handler(source: OpenAPIOperation, parameters: list[Parameter], given: frozenset[str]) -> None:
    where = f"the handler {source.operation_id}"
    takes_query = QUERY in arguments_of(source.function)
    passed = (each for each in parameters if each.argument not in WITHHELD)
    expected = given | {each.argument for each in passed if not (takes_query and each.place == "query")}
    optional = frozenset({"services", "identity", "request_id", "address", QUERY})
    problems = check_arguments(where, source.function, expected, optional)
    if problems:
        raise InvalidContract(problems)
