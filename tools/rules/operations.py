"""Rules about operations: names, tags, extensions, parameters, texts."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.bundle import ROOT
from tools.contract import Contract, Place
from tools.rules.finding import Finding

VERBS: Final = (
    *(
        "accept",
        "ban",
        "batch",
        "change",
        "check",
        "claim",
        "collect",
        "create",
        "delete",
        "disable",
        "enable",
        "export",
        "generate",
        "get",
        "has",
    ),
    *(
        "impersonate",
        "invite",
        "link",
        "list",
        "mark",
        "open",
        "post",
        "redirect",
        "refresh",
        "remove",
        "request",
        "reset",
    ),
    *("restore", "revert", "revoke", "send", "set", "sign", "stop", "unban", "unlink", "update", "upsert", "verify"),
)
AUTH_TAGS: Final = frozenset({"auth", "account"})
ACTIONS: Final = (
    "any",
    "read",
    "create",
    "update",
    "delete",
    "restore",
    "permanentDelete",
    "upsert",
    "remove",
    "comment",
    "readComments",
)

EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "x-access": ("public", "table", "session", "admin"),
    "x-action": ACTIONS,
    "x-transaction": ("none", "read", "write", "own"),
    "x-feature": ("analytics", "twoFactor", "magicLink", "emailOtp", "apiKeys"),
    "x-etag": ("body", "record", "comment"),
    "x-origins": ("analytics",),
    "x-body-limit": ("8192",),
}
OPTIONAL: Final = frozenset({"x-feature", "x-etag", "x-origins", "x-body-limit"})
"""Extensions that most operations do without."""

# What dispatch gives a handler beside its parameters; a parameter of that name could not be told apart.
RESERVED_ARGUMENTS: Final = frozenset({"body", "context", "identity", "request_id", "services", "table"})

HEADER_NAME: Final = r"[A-Z][a-z0-9]*(?:-[A-Z][a-z0-9]*)*"
TABLE_PARAMETER: Final = "tableId"
TABLES_PATH: Final = "/api/tables"
MAX_SUMMARY: Final = 60


def operation_ids_begin_with_a_verb(contract: Contract) -> Iterator[Finding]:
    """An operationId is snake_case and begins with a verb of the list."""
    pattern = re.compile(rf"(?:{'|'.join(VERBS)})(?:_[a-z0-9]+)+")
    for each in contract.operations:
        if not pattern.fullmatch(each.operation_id):
            remedy = f"Name it <verb>_<thing> in snake_case; the verbs of {__name__} are {', '.join(VERBS)}"
            yield Finding(contract.place(each), f'the operationId "{each.operation_id}" is not verb first', remedy)


def operation_ids_are_unique(contract: Contract) -> Iterator[Finding]:
    """Two operations never have the same operationId, which is the name of the handler."""
    count = Counter(each.operation_id for each in contract.operations)
    for each in contract.operations:
        if count[each.operation_id] > 1:
            yield Finding(contract.place(each), f"another operation is called {each.operation_id} too", "Rename one")


def operations_stand_in_the_file_of_their_tag(contract: Contract) -> Iterator[Finding]:
    """An operation has one tag, which the root file describes, and stands in paths/<tag>.yaml or below paths/<tag>."""
    known = {tag["name"] for tag in contract.document.get("tags", ())}
    for each in contract.operations:
        tags, place = each.content.get("tags", []), contract.place(each)
        if len(tags) != 1 or each.tag not in known:
            remedy = f"Give it one of the tags of {ROOT}: {', '.join(sorted(known))}"
            yield Finding(place, f"its tags are {tags}", remedy)
        elif place.file != f"paths/{each.tag}.yaml" and not place.file.startswith(f"paths/{each.tag}/"):
            yield Finding(place, f'it has the tag "{each.tag}"', f"Move it to paths/{each.tag}.yaml")
    for tag in sorted(known - {each.tag for each in contract.operations}):
        yield Finding(Place(ROOT, f"tags.{tag}"), "no operation has this tag", "Remove it")


def extensions_are_complete(contract: Contract) -> Iterator[Finding]:
    """Every operation says who may call it, what it does to a table, and which transaction it needs; nothing else."""
    for each in contract.operations:
        place = contract.place(each)
        for name, allowed in EXTENSIONS.items():
            value = each.content.get(name)
            if name in OPTIONAL and value is None:
                continue
            needed = name != "x-action" or f"{{{TABLE_PARAMETER}}}" in each.path
            if needed and str(value) not in allowed:
                yield Finding(place / name, f"it is {value!r}", f"Set it to one of {', '.join(map(str, allowed))}")
            elif not needed and value is not None:
                remedy = f"Remove it; only paths with {{{TABLE_PARAMETER}}} have an action"
                yield Finding(place / name, "there is no table to act on", remedy)
        for name in each.content:
            if name.startswith("x-") and name not in EXTENSIONS:
                yield Finding(place / name, "this extension is not known", f"Use only {', '.join(EXTENSIONS)}")


def extensions_are_consistent(contract: Contract) -> Iterator[Finding]:
    """Table access belongs to table paths, a writing action to a write transaction, and GET to reading."""
    for each in contract.operations:
        place, content = contract.place(each), each.content
        is_table_path = each.path == TABLES_PATH or each.path.startswith(f"{TABLES_PATH}/")
        if (content.get("x-access") == "table") != is_table_path:
            remedy = f'Paths below {TABLES_PATH}, and only those, have x-access "table"'
            yield Finding(place, f'its x-access is "{content.get("x-access")}"', remedy)
        transaction = content.get("x-transaction")
        if content.get("x-action", "read") not in ("any", "read", "readComments") and transaction != "write":
            problem = f'it changes records with x-transaction "{transaction}"'
            yield Finding(place, problem, 'Set x-transaction to "write"')
        if each.method == "get" and transaction == "write":
            yield Finding(place, "a GET has a write transaction", "A GET changes nothing; use another method")


def parameters_with_actions_are_switches(contract: Contract) -> Iterator[Finding]:
    """A parameter that asks for another action is a boolean of the query, of an operation that has an action."""
    for place, parameter in contract.parameters():
        action = parameter.get("x-action")
        if action is None:
            continue
        if action not in ACTIONS or action == "any":
            remedy = f"Set it to one of {', '.join(each for each in ACTIONS if each != 'any')}"
            yield Finding(place / "x-action", f"it is {action!r}", remedy)
        if parameter["in"] != "query" or parameter.get("schema", {}).get("type") != "boolean":
            yield Finding(place, "it has an x-action and is no switch", "Make it a boolean of the query")
    for each in contract.operations:
        for item in each.content.get("parameters", ()):
            if "x-action" in contract.follow(item) and "x-action" not in each.content:
                remedy = "Give the operation an x-action, in whose place that of the parameter stands"
                yield Finding(contract.place(each), "only a parameter of it has an x-action", remedy)


def parameters_have_one_type(contract: Contract) -> Iterator[Finding]:
    """The schema of a parameter has exactly one type, since its text is converted to that."""
    for place, parameter in contract.parameters():
        if not isinstance(parameter.get("schema", {}).get("type"), str):
            remedy = "Write `type:` with one name directly into the schema"
            yield Finding(place, "its schema has no single type", remedy)


def parameter_names_make_distinct_arguments(contract: Contract) -> Iterator[Finding]:
    """Parameters are camelCase, headers `Like-This`; in snake_case they differ, also from what handlers get anyway."""
    for each in contract.operations:
        parameters = [contract.follow(item) for item in each.content.get("parameters", ())]
        count = Counter(snake_case(parameter["name"]) for parameter in parameters)
        for parameter in parameters:
            name = parameter["name"]
            place, argument = contract.place(each) / name, snake_case(name)
            if parameter["in"] == "header" and not re.fullmatch(HEADER_NAME, name):
                yield Finding(place, "the name is not written as headers are", "Write it Like-This")
            # Providers of OAuth fix some names of parameters.
            form = r"[a-z][A-Za-z0-9_]*" if each.tag in AUTH_TAGS else r"[a-z][A-Za-z0-9]*"
            if parameter["in"] != "header" and not re.fullmatch(form, name):
                yield Finding(place, "the name is not camelCase", "Rename it")
            if count[argument] > 1 or argument in _reserved(each.path):
                yield Finding(place, f'another argument of the handler is called "{argument}"', "Rename it")


def _reserved(path: str) -> frozenset[str]:
    """Return what no parameter may be called: without a table in the path, no handler is given one."""
    return RESERVED_ARGUMENTS if f"{{{TABLE_PARAMETER}}}" in path else RESERVED_ARGUMENTS - {"table"}


def snake_case(name: str) -> str:
    """Turn the name of a parameter into the name of a handler's argument."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()
    return f"{words}_" if keyword.iskeyword(words) else words


def operations_are_described(contract: Contract) -> Iterator[Finding]:
    """An operation has a short summary, which is a title without full stop, and a description."""
    for each in contract.operations:
        place, summary = contract.place(each), each.content.get("summary", "")
        if not summary or summary.endswith(".") or len(summary) > MAX_SUMMARY:
            remedy = f"Write a title of at most {MAX_SUMMARY} characters without a full stop"
            yield Finding(place / "summary", "it is missing or no title", remedy)
        if not each.content.get("description"):
            yield Finding(place / "description", "it is missing", "Say what a user gets from the operation")


def descriptions_end_with_a_full_stop(contract: Contract) -> Iterator[Finding]:
    """A description is made of sentences."""
    for place, holder in _described(contract):
        text = holder.get("description")
        if text is not None and not str(text).rstrip().endswith("."):
            yield Finding(place / "description", "it does not end with a full stop", "Write whole sentences")


def _described(contract: Contract) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    document = contract.document
    yield Place(ROOT, "info"), document.get("info", {})
    for tag in document.get("tags", ()):
        yield Place(ROOT, f"tags.{tag['name']}"), tag
    for each in contract.operations:
        yield contract.place(each), each.content
        yield contract.place(each) / "requestBody", each.content.get("requestBody", {})
    for place, _, response in contract.responses():
        yield place, response
        for name, link in response.get("links", {}).items():
            yield place / "links" / name, link
    yield from contract.parameters()
    yield from contract.headers()
    yield from contract.schemas()


def links_lead_to_operations(contract: Contract) -> Iterator[Finding]:
    """A link names an operation of the contract, and parameters that it has."""
    known = {
        each.operation_id: {contract.follow(item)["name"] for item in each.content.get("parameters", ())}
        for each in contract.operations
    }
    for place, _, response in contract.responses():
        for name, link in response.get("links", {}).items():
            unknown = set(link.get("parameters", ())) - known.get(link.get("operationId"), set())
            if link.get("operationId") not in known or unknown:
                problem = f"there is no operation {link.get('operationId')} with {sorted(link.get('parameters', ()))}"
                yield Finding(place / "links" / name, problem, "Correct the operationId or the parameters")
