"""Contract, product and documentation know the same codes of errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from tabularium import errors
from tools.generate import HOME

# How a code gets into an error: the name of what is called, and at which place the code stands.
CALLS = {"FieldError": (2, "code"), "of": (2, "code"), "refuse": (2, "code"), "Problem": (0, "code")}


def listed(document: dict[str, Any], name: str) -> set[str]:
    return set(document["components"]["schemas"][name]["enum"])


def documented(heading: str) -> set[str]:
    text = (HOME / "docs" / "errors.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| \d{3} \| `(\w+)` \|", section, re.MULTILINE))


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        place, keyword = CALLS.get(name, (0, ""))
        given = [*node.args[place : place + 1], *(each.value for each in node.keywords if each.arg == keyword)]
        if name in CALLS:
            yield from (str(each.value) for each in given if isinstance(each, ast.Constant))


def test_every_kind_of_error_of_the_product_is_in_the_contract(document: dict[str, Any]) -> None:
    kinds = {kind.code for kind in errors.TabulariumError.__subclasses__()} | {errors.TabulariumError.code}
    assert kinds <= listed(document, "ErrorCode")


def test_every_code_that_the_source_names_is_in_the_contract(document: dict[str, Any]) -> None:
    known = listed(document, "FieldErrorCode")
    unknown = {
        f"{path.relative_to(HOME)}: {code}"
        for folder in ("tabularium", "handlers", "server")
        for path in sorted((HOME / folder).rglob("*.py"))
        for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))
        if code not in known
    }
    assert not unknown, "Add the code to FieldErrorCode (openapi/shared/schemas.yaml) and to docs/errors.md."


def test_the_documentation_explains_every_code(document: dict[str, Any]) -> None:
    assert documented("Codes of an error") == listed(document, "ErrorCode")
    assert documented("Codes of a single failure") == listed(document, "FieldErrorCode")


def test_a_code_is_found_in_the_source_wherever_it_stands() -> None:
    source = """
FieldError("limit", "No.", "one")
raise ValidationFailed.of("a", "b", code="two")
candidate.refuse(name, "No.", "three")
raise InvalidValue(Problem("four", "No."))
other("a", "b", "none")
"""
    assert sorted(codes_in(ast.parse(source))) == ["four", "one", "three", "two"]
