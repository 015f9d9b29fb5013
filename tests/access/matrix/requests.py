"""One representative request for each operation: the example of the contract, filled with ids that exist.

A new operation of tables with a body has to be named in `VALUE_BODIES` or `ID_BODIES`, and one with a path parameter of a
new kind in `table_path_values`. For one of accounts the example of the contract will often do as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tabularium.access.actions import UPSERT
from tests.access.matrix import preparations as before
from tests.access.matrix.application import VIEW
from tests.access.matrix.callers import Caller, House

GENERATED = Path(__file__).resolve().parents[3] / "generated"
RETURNED = {"returnRecords": True}
Entries = Sequence[tuple[str, dict[str, Any]]]
"""Records, each with its id and the values of fields that are sent for it."""
VALUE_BODIES: Mapping[str, Callable[[Entries], Any]] = {
    "create_record": lambda entries: entries[0][1],
    "update_record": lambda entries: entries[0][1],
    "batch_create_records": lambda entries: {"records": [{"fields": each} for _, each in entries], **RETURNED},
    "batch_update_records": lambda entries: {
        "records": [{"id": key, "fields": each} for key, each in entries],
        **RETURNED,
    },
    "upsert_records": lambda entries: {
        "records": [{"fields": each} for _, each in entries],
        "fieldsToMergeOn": ["title"],
    },
}
"""The body of an operation of tables that sends values of fields."""
ID_BODIES: Mapping[str, Callable[[Entries], Any]] = dict.fromkeys(
    ("batch_delete_records", "batch_restore_records"), lambda entries: {"ids": [key for key, _ in entries]}
)
"""The body of an operation of tables that names records."""
COMMENT_BODIES: Mapping[str, Callable[[Entries], Any]] = {
    "create_comment": lambda entries: {"content": "said"},
    "update_comment": lambda entries: {"content": "said otherwise"},
}
"""The body of an operation of tables that is about comments."""
OF_THE_TRASH = ("list_trash", "restore_record", "batch_restore_records")
"""Operations that find their records in the trash alone."""
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
    "get_analytics_asset": before.dashboard_asset,
    "get_activity": before.logged_entry,
}


@dataclass(frozen=True)
class Operation:
    """An operation of the contract, as `generated/operations.txt` lists it; one more for each switch of it."""

    tag: str
    id: str
    method: str
    path: str
    access: str
    content: Mapping[str, Any] = field(repr=False)
    parameters: Mapping[str, Any] = field(repr=False)
    """By name; those of the path too."""
    switch: str | None = None
    """A parameter that is true here, and asks for another action than the operation by itself."""

    @property
    def name(self) -> str:
        return self.id if self.switch is None else f"{self.id}?{self.switch}"

    @property
    def query(self) -> dict[str, str]:
        """What of the query makes it what it is."""
        return {} if self.switch is None else {self.switch: "true"}

    @property
    def is_of_tables(self) -> bool:
        return self.access == "table"

    @property
    def actions(self) -> tuple[str, ...]:
        """The permissions that it needs; none where any will do, or it is not of tables."""
        action: str | None = (self.parameters[self.switch] if self.switch else self.content).get("x-action")
        return {None: (), "any": (), "upsert": UPSERT, "remove": ("delete",), "readComments": ("read",)}.get(
            action, (str(action),)
        )

    @property
    def reads_comments(self) -> bool:
        """Whether it is for those who read comments: of anonymous callers, where the table has guests."""
        return self.content.get("x-action") == "readComments"

    @property
    def is_for_the_signed_in(self) -> bool:
        """Whether anonymous callers are refused, whatever the rules of the table say."""
        return self.is_of_tables and {} not in self.content.get("security", [{}])

    @property
    def is_of_one_record(self) -> bool:
        return "recordId" in self.parameters

    @property
    def is_of_many(self) -> bool:
        """Whether one request names or sends many records."""
        return not self.is_of_one_record and self.is_of_tables and self.id != "create_record" and self.has_body

    @property
    def lists_records(self) -> bool:
        return self.method == "GET" and "filter" in self.parameters

    @property
    def has_body(self) -> bool:
        return "requestBody" in self.content

    @property
    def sends_values(self) -> bool:
        """Whether fields of a record can be written by it."""
        return self.is_of_tables and self.has_body and self.id not in {*ID_BODIES, *COMMENT_BODIES}

    @property
    def stores_new(self) -> bool:
        """Whether what it sends may become a new record."""
        return "create" in self.actions

    @cached_property
    def example(self) -> Any:
        """The first example of its body."""
        media = self.content.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "examples" in media:
            return next(iter(media["examples"].values()))["value"]
        return media.get("example")


def operations() -> Iterator[Operation]:
    """Yield every operation, in the order of the list, each with its switches after it."""
    document = json.loads((GENERATED / "openapi.json").read_bytes())
    for line in (GENERATED / "operations.txt").read_text("utf-8").splitlines():
        tag, name, method, path, access = line.split()
        content = document["paths"][path][method.lower()]
        shared = document["components"]["parameters"]
        given = [*document["paths"][path].get("parameters", ()), *content.get("parameters", ())]
        parameters = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in given]
        by_name = {each["name"]: each for each in parameters}
        operation = Operation(tag, name, method, path, access, content, by_name)
        yield operation
        yield from (replace(operation, switch=each) for each in by_name if "x-action" in by_name[each])


def filled(operation: Operation, values: Mapping[str, str]) -> str:
    """Return the path with real values in it."""
    missing = set(re.findall(r"{(\w+)}", operation.path)) - values.keys()
    assert not missing, f"{operation.name}: say in tests/access/matrix/requests.py which real value {missing} has."
    return operation.path.format_map(values)


def table_path_values(table: str, record_id: str, comment_id: str = "") -> dict[str, str]:
    """Return the real values of path parameters of tables."""
    return {"tableId": table, "recordId": record_id, "revision": "1", "viewId": VIEW, "commentId": comment_id}


def comment_for(operation: Operation, house: House, caller: Caller, table: str, record_id: str) -> str:
    """Return the id of a comment of the caller on a record, where the operation needs one."""
    if "commentId" not in operation.parameters:
        return ""
    return before.own_comment(house, caller, table, record_id)


def table_body(operation: Operation, entries: Entries) -> Any:
    """Return the body that names these records, or sends the values of fields."""
    if not operation.has_body:
        return None
    bodies = {**VALUE_BODIES, **ID_BODIES, **COMMENT_BODIES}
    assert operation.id in bodies, f"{operation.id}: add its body to {__name__}.VALUE_BODIES or to ID_BODIES."
    return bodies[operation.id](entries)


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
