"""Rules about examples: they are there, and they are true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema_rs import Draft202012Validator

from tools.contract import Contract, Place
from tools.rules.finding import Finding

_SECTIONS: Final = "components"


def examples_are_given(contract: Contract) -> Iterator[Finding]:
    """Every named schema, parameter, header and body has an example."""
    for place, _, schema in contract.components("schemas"):
        if not schema.get("examples"):
            yield Finding(place, "it has no example", "Add `examples` with at least one value")
    for place, holder in (*contract.parameters(), *contract.headers(), *contract.bodies()):
        if not list(_examples(holder)):
            yield Finding(place, "it has no example", "Add `example`, or `examples` by name")


def named_examples_have_a_summary(contract: Contract) -> Iterator[Finding]:
    """Where several examples are told apart by name, each says what it shows."""
    for place, holder in (*contract.parameters(), *contract.headers(), *contract.bodies()):
        for name, example in holder.get("examples", {}).items():
            if not example.get("summary", "").endswith("."):
                yield Finding(place / name, "it has no summary", "Say in a sentence what it shows")


def examples_are_valid(contract: Contract) -> Iterator[Finding]:
    """Every example fits its schema, formats included."""
    for place, schema in contract.schemas():
        for number, value in enumerate(schema.get("examples", ())):
            yield from _judge(contract, place / "examples" / number, schema, value)
        if "default" in schema:
            yield from _judge(contract, place / "default", schema, schema["default"])
    for place, holder in (*contract.parameters(), *contract.headers(), *contract.bodies()):
        for name, value in _examples(holder):
            yield from _judge(contract, place / name, holder.get("schema", {}), value)


def _examples(holder: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "example" in holder:
        yield "example", holder["example"]
    for name, example in holder.get("examples", {}).items():
        if "value" in example:
            yield name, example["value"]


def _judge(contract: Contract, place: Place, schema: Mapping[str, Any], value: Any) -> Iterator[Finding]:
    # The components stand beside the schema, so that its references lead where they lead in the document.
    whole = {**schema, _SECTIONS: contract.document.get(_SECTIONS, {})}
    for error in Draft202012Validator(whole, validate_formats=True).iter_errors(value):
        where = ".".join(str(step) for step in error.instance_path)
        problem = f"{where or 'the value'} does not fit: {error.message}"
        yield Finding(place, problem, "Correct the example or the schema")
