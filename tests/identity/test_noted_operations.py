"""What every operation of accounts leaves in the activity log, kept in `tests/golden/account-activities.txt`.

Each operation is called as whoever succeeds with it. `UPDATE_GOLDEN=1 pytest tests/identity/test_noted_operations.py` writes
the list anew, a new operation with it. The operations of records have theirs in `tests/records/test_recorded_operations.py`.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabularium.db.activity_actions import ACTIONS
from tests.access.matrix.application import TABLES, application
from tests.access.matrix.callers import SOMEBODY, House
from tests.access.matrix.requests import Operation, account_request, operations
from tests.support.auth import Site

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "account-activities.txt"
TAGS = frozenset({"auth", "account"})
CALLERS = ("anonymous", "member", "admin")
CALLED_BY = {"sign_out": ("member",)}
"""Who calls an operation that answers everybody alike."""
NEVER_SERVED = "nobody succeeds with it here"

SILENT = {
    "change_email": "It mails a link to the new address.",
    "check_verification_otp": "A wrong code counts, a right one changes nothing.",
    "delete_user": "In this application it mails a link: delete_user_callback.",
    "get_access_token": "It looks, or renews what the provider has granted.",
    "has_permission": "It looks.",
    "link_oauth2": "The provider is asked first.",
    "link_social": "The provider is asked first.",
    "list_user_sessions": "It looks.",
    "post_callback": "It leads to open_callback.",
    "request_email_change_otp": "It mails a code to the new address.",
    "request_forget_password_otp": "It mails a code.",
    "request_password_reset": "It mails a link.",
    "request_password_reset_otp": "It mails a code.",
    "send_otp": "It mails a code.",
    "send_verification_email": "It mails a link.",
    "send_verification_otp": "It mails a code.",
    "sign_in_magic_link": "It mails a link.",
    "sign_in_oauth2": "The provider is asked first.",
    "sign_in_social": "The provider is asked first.",
    "get_totp_uri": "It looks.",
    "verify_password": "It looks.",
}
"""Operations that are no GET and leave no entry, each with its reason: nothing of an account is changed by them."""


def of_accounts() -> list[Operation]:
    return [each for each in operations() if each.tag in TAGS]


def entries(site: Site) -> list[tuple[Any, ...]]:
    columns = "id, category, action, user_id, table_name, record_id, request_id, changes, details"
    return site.sql(f"SELECT {columns} FROM _activity WHERE category <> 'records' ORDER BY id")


def described(house: House, caller: Any, request_id: str, found: list[tuple[Any, ...]]) -> str:
    """Describe entries: category, action, whose account it is about, what was changed and how."""
    names = {house.somebody.id: "somebody", caller.person.id: "caller"}
    texts = []
    for _, category, action, user_id, table, record_id, request, changes, details in found:
        assert action in ACTIONS[category], (category, action)
        assert table == ("_system" if category == "system" else "_auth")
        assert request == request_id, (action, "shares the request's id")
        who = "nobody" if user_id is None else names.get(user_id, "somebody else")
        target = "nobody" if record_id is None else names.get(record_id, "somebody else")
        facts = {key: value if key != "keyId" else "…" for key, value in json.loads(details or "{}").items()}
        changed = f" changes {', '.join(sorted(json.loads(changes)))}" if changes else ""
        told = "".join(f" {key}={_text(value)}" for key, value in sorted(facts.items()))
        texts.append(f"  {category} {action}: {who} to {target}{changed}{told}")
    return "\n".join(texts) or "  nothing"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass
class Secrets:
    """What was typed, answered and mailed, and must stand nowhere in the log."""

    known: set[str] = field(default_factory=set)

    def learn(self, value: Any, key: str = "") -> None:
        """Remember the texts under names of secrets, at any depth of JSON."""
        if isinstance(value, dict):
            for name, each in value.items():
                self.learn(each, name)
        elif isinstance(value, list):
            for each in value:
                self.learn(each, key)
        elif isinstance(value, str) and len(value) >= 6 and re.search(SECRET_NAMES, key):
            self.known.add(value)


SECRET_NAMES = r"(?i)password|token|otp$|^code|^key$|backupCodes|totpURI|^url$|secret"


def called(house: House, operation: Operation, secrets: Secrets | None = None) -> str:
    """Call an operation as the first caller who succeeds, and describe what it leaves."""
    secrets = secrets or Secrets()
    for name in CALLED_BY.get(operation.name, CALLERS):
        caller = house.callers[name]
        try:
            method, path, body, query = account_request(operation, house, caller)
            before = {row[0] for row in entries(house.site)}
            answer = caller(method, path, body, query)
            secrets.learn(body)
            secrets.learn(query)
            secrets.learn([each.values for each in house.site.letters.sent])
            if answer.body.startswith((b"{", b"[")):
                secrets.learn(answer.json())
            found = [row for row in entries(house.site) if row[0] not in before]
            location = answer.headers.get("location", "")
            if answer.status < 400 and "error" not in location:
                text = described(house, caller, answer.headers["x-request-id"], found)
                return f"{operation.name}, by {name}\n{text}\n"
        finally:
            house.put_back()
    return f"{operation.name}\n  {NEVER_SERVED}\n"


def test_every_operation_leaves_what_the_golden_file_shows(database_url: str, tmp_path: Path) -> None:
    with application(tmp_path, database_url, TABLES) as site:
        house = House(site)
        found = "\n".join(called(house, each) for each in of_accounts())
    if os.environ.get("UPDATE_GOLDEN") and database_url.startswith("sqlite"):
        GOLDEN.write_text(found, "utf-8")
    kept = GOLDEN.read_text("utf-8") if GOLDEN.exists() else ""
    difference = difflib.unified_diff(kept.splitlines(), found.splitlines(), "golden", "found", n=2, lineterm="")
    assert found == kept, "\n".join(difference)


def test_no_secret_and_no_address_that_nobody_has_is_in_the_log(database_url: str, tmp_path: Path) -> None:
    secrets = Secrets()
    typed = "typed.by.hand@example.com"
    failures = (
        ("/sign-in/email", {"email": typed, "password": "a-wrong-password"}),
        ("/sign-in/email", {"email": SOMEBODY, "password": "a-wrong-password"}),
        ("/sign-in/email-otp", {"email": typed, "otp": "246810"}),
        ("/email-otp/verify-email", {"email": typed, "otp": "246810"}),
        ("/reset-password", {"newPassword": "a-wrong-password", "token": "a-wrong-token-of-24-signs"}),
        ("/request-password-reset", {"email": typed}),
        ("/sign-in/magic-link", {"email": typed}),
        ("/two-factor/verify-totp", {"code": "246810"}),
        ("/admin/accept-invitation", {"token": "a-wrong-token", "password": "a-wrong-password"}),
    )
    with application(tmp_path, database_url, TABLES) as site:
        house = House(site)
        for operation in of_accounts():
            called(house, operation, secrets)
        people = [caller.person for caller in house.callers.values()]
        secrets.known |= {each for person in people for each in (person.token, person.key)}
        for path, body in failures:
            assert site.browser().post(path, **body).status < 500
            secrets.learn(body)
        site.browser().get("/magic-link/verify", token="a-wrong-token")
        log = json.dumps(site.sql("SELECT * FROM _activity"))
    assert len(secrets.known) > 50
    assert not [each for each in secrets.known if each in log]
    assert typed not in log
    assert SOMEBODY in log, "as who did it"


def test_an_operation_that_leaves_nothing_has_a_reason() -> None:
    blocks = [each.splitlines() for each in GOLDEN.read_text("utf-8").strip().split("\n\n")]
    silent = {head.partition(",")[0] for head, *rest in blocks if rest == ["  nothing"]}
    silent &= {each.name for each in of_accounts() if each.method != "GET"}
    assert silent == SILENT.keys(), "Name the reason, or take out what is not needed any more."


def test_every_action_of_accounts_is_written_by_an_operation_or_named_here() -> None:
    written = set()
    for line in GOLDEN.read_text("utf-8").splitlines():
        category, _, rest = line.strip().partition(" ")
        if category in ACTIONS and ": " in rest:
            written.add((category, rest.partition(":")[0]))
    wanted = {(category, each) for category in ("auth", "admin", "system") for each in ACTIONS[category]}
    assert wanted - written == ELSEWHERE.keys(), "Say which test has it."


def test_the_tests_named_here_are_about_their_actions() -> None:
    for (_, action), place in ELSEWHERE.items():
        assert action in (GOLDEN.parents[1] / place).read_text("utf-8"), (action, place)


ELSEWHERE = {
    ("auth", "user.locked"): "identity/two_factor/test_limits.py",
    ("auth", "user.sign_in_failed"): "identity/test_sign_in.py",
    ("auth", "account.linked"): "identity/social/test_linking.py",
    ("auth", "erasure.cancelled"): "identity/test_pending_erasure.py",
    ("admin", "impersonation.stopped"): "identity/admin/test_impersonation.py",
    ("system", "config.migrated"): "activity/test_entries.py",
    ("system", "admin.bootstrapped"): "identity/test_first_admin.py",
    ("system", "erasure.completed"): "identity/test_pending_erasure.py",
}
"""Actions that no successful request of this list leaves, with the test that has them."""
