"""One representative request for each operation: the example of the contract, filled with ids that exist.

A new operation of tables with a body has to be named in `TABLE_BODIES`, and one with a path parameter of a new kind in
`path_values`. For one of accounts the example of the contract will often do as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.access.matrix import preparations as before
from tests.access.matrix.application import VIEW
from tests.access.matrix.callers import Caller, House

GENERATED = Path(__file__).resolve().parents[3] / "generated"
TABLE_BODIES: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "create_record": lambda values: values,
    "update_record": lambda values: values,
}
"""The body of an operation of tables that sends values of fields."""
OF_THE_TRASH = ("list_trash", "restore_record")
"""Operations for which there must be a record in the trash."""
DESCRIBING: Mapping[str, Mapping[str, str]] = {"get_openapi": {"expand": "tables"}}
"""Operations that are not of tables and describe them all the same, and the parameters that make them do it."""
PREPARATIONS: Mapping[str, before.Preparation] = {
    "open_reset_password": before.mailed_link("/request-password-reset", redirectTo="/reset"),
    "reset_password": before.mailed_link("/request-password-reset", redirectTo="/reset"),
    "verify_email": before.mailed_link("/send-verification-email"),
    "verify_magic_link": before.mailed_link("/sign-in/magic-link"),
    "check_verification_otp": before.mailed_code("sign-in"),
    "sign_in_email_otp": before.mailed_code("sign-in"),
    "verify_email_otp": before.mailed_code("email-verification"),
    "reset_password_otp": before.mailed_code("forget-password"),
    "change_email_otp": before.address_code,
    "delete_user_callback": before.deletion_link,
    "accept_invitation": before.invitation,
    "open_invitation": before.invitation,
    "verify_totp": before.authenticator_code,
    "verify_otp": before.mailed_factor,
    "verify_backup_code": before.backup_code,
    "generate_backup_codes": before.factor_only,
    "get_totp_uri": before.factor_only,
    "disable_two_factor": before.factor_only,
    "unlink_account": before.linked_account,
    "get_access_token": before.linked_account,
    "get_explorer_asset": before.page_asset,
}


@dataclass(frozen=True)
class Operation:
    """An operation of the contract, as `generated/operations.txt` lists it."""

    tag: str
    name: str
    method: str
    path: str
    access: str
    content: Mapping[str, Any] = field(repr=False)
    parameters: Mapping[str, Any] = field(repr=False)
    """By name; those of the path too."""

    @property
    def is_of_tables(self) -> bool:
        return self.access == "table"

    @property
    def sends_values(self) -> bool:
        """Whether fields of a record can be written by it."""
        return self.is_of_tables and "requestBody" in self.content

    @cached_property
    def example(self) -> Any:
        """The first example of its body."""
        media = self.content.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "examples" in media:
            return next(iter(media["examples"].values()))["value"]
        return media.get("example")


def operations() -> Iterator[Operation]:
    """Yield every operation, in the order of the list."""
    document = json.loads((GENERATED / "openapi.json").read_bytes())
    for line in (GENERATED / "operations.txt").read_text("utf-8").splitlines():
        tag, name, method, path, access = line.split()
        content = document["paths"][path][method.lower()]
        shared = document["components"]["parameters"]
        given = [*document["paths"][path].get("parameters", ()), *content.get("parameters", ())]
        parameters = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in given]
        yield Operation(tag, name, method, path, access, content, {each["name"]: each for each in parameters})


def filled(operation: Operation, values: Mapping[str, str]) -> str:
    """Return the path with real values in it."""
    missing = set(re.findall(r"{(\w+)}", operation.path)) - values.keys()
    assert not missing, f"{operation.name}: say in tests/access/matrix/requests.py which real value {missing} has."
    return operation.path.format_map(values)


def table_path_values(table: str, record_id: str) -> dict[str, str]:
    """Return the real values of path parameters of tables."""
    return {"tableId": table, "recordId": record_id, "revision": "1", "viewId": VIEW}


def table_body(operation: Operation, values: dict[str, Any]) -> Any:
    """Return the body that sends these values of fields."""
    if not operation.sends_values:
        return None
    assert operation.name in TABLE_BODIES, f"{operation.name}: add its body to {__name__}.TABLE_BODIES."
    return TABLE_BODIES[operation.name](values)


def _known(operation: Operation, house: House, caller: Caller) -> dict[str, Any]:
    """Return values that the operation needs in place of the contract's, by the names of properties and parameters."""
    own = {
        "userId": house.somebody.id,
        "keyId": caller.person.key_id,
        "sessionToken": house.somebody.token,
        "callbackURL": "/welcome",
    }
    if operation.name in ("sign_up_email", "create_user", "invite_user"):
        own["email"] = before.NEWCOMER
    if operation.name == "send_verification_email":
        own["email"] = caller.person.email
    if operation.name == "revoke_session":
        own["token"] = caller.person.token
    if operation.name == "get_user":
        own["id"] = house.somebody.id
    if operation.name == "get_api_key":
        own["id"] = caller.person.key_id
    return own


def account_request(operation: Operation, house: House, caller: Caller) -> tuple[str, str, Any, dict[str, Any]]:
    """Prepare, and return method, path, body and query of a request that a caller who may send it succeeds with."""
    prepare = PREPARATIONS.get(operation.name, lambda house, caller: {})
    values = _known(operation, house, caller) | prepare(house, caller)
    body = operation.example
    if isinstance(body, dict):
        body = {key: values.get(key, value) for key, value in body.items()}
    example = {name: values.get(name, each.get("example")) for name, each in operation.parameters.items()}
    path = filled(operation, {name: str(value) for name, value in example.items()})
    query = {
        name: example[name]
        for name, each in operation.parameters.items()
        if each["in"] == "query" and (name in values or each.get("required"))
    }
    return operation.method, path, body, query
