"""From a place in the file to a checked block: every fault becomes a problem at its own line, with the nearest name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, get_args

from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tabularium.config.blocks import NOT_SERVED, Block
from tabularium.config.nodes import BrokenNode, ListNode, MapNode, Node, Place, ScalarNode, plain
from tabularium.config.problems import alternatives, item_path, key_path, quoted, suggestion

ModelT = TypeVar("ModelT", bound=BaseModel)
BlockT = TypeVar("BlockT", bound=Block)

_KINDS: Final[Mapping[str, str]] = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "decimal_type": "a number",
    "float_type": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "null",
}
"""The errors of pydantic that say that a value has another type, and what the type is called here."""

_LIMITS: Final[Mapping[str, str]] = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be greater than {gt}",
    "less_than": "must be less than {lt}",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have {min_length} or more items",
    "too_long": "must have at most {max_length} items",
    "missing": "is required",
    "value_error": "{error}",
    "option": "{message}",
}
"""The texts of the other errors, with what pydantic tells of them."""


def read_block(place: Place, block: type[BlockT]) -> BlockT | None:
    """Check a mapping against a block and report every fault.

    Keys that fail are left out of the result, so that a fault in one value does not hide those in others; `None` where
    the place is no mapping or a required key is missing or wrong.
    """
    if not is_mapping(place):
        return None
    set_aside = set()
    for key in place.entries:
        if key in block.not_served:
            place.warn_at_key(key, NOT_SERVED)
            set_aside.add(key)
        elif key in block.later:
            place.error_at_key(key, f"{quoted(key)} {block.later[key]}")
            set_aside.add(key)
    return read_model(place.without(set_aside), block, (*keys_of(block), *block.later))


def read_model(place: Place, model: type[ModelT], known: Iterable[str]) -> ModelT | None:
    """Check a mapping against a model and report every fault, at the keys and values concerned."""
    content: dict[str, Any] = plain(place.node)
    try:
        return model.model_validate(content)
    except ValidationError as failure:
        errors = failure.errors(include_url=False, include_input=False)
    _report(place, errors, (*known, *_nested_keys(model)))
    failed = {error["loc"][0] for error in errors if error["loc"]}
    if not failed:
        return None
    try:
        return model.model_validate({key: value for key, value in content.items() if key not in failed})
    except ValidationError:
        return None


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a model as the file writes them, aliases included."""
    keys: list[str] = []
    for name, info in model.model_fields.items():
        choices = info.validation_alias
        keys.extend(map(str, choices.choices) if isinstance(choices, AliasChoices) else (info.alias or name,))
    return tuple(keys)


def _nested_keys(model: type[BaseModel]) -> Iterator[str]:
    """Go through the keys of the models inside of a model's values."""
    for info in model.model_fields.values():
        for inner in _models_in(info.annotation):
            yield from keys_of(inner)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def is_mapping(place: Place) -> bool:
    """Say whether the place is a mapping, and report it if not."""
    if not isinstance(place.node, MapNode | BrokenNode):
        place.error("must be a mapping")
    return isinstance(place.node, MapNode)


def list_items(place: Place | None, least: int, most: int) -> Iterator[Place]:
    """Go through the items of a list whose length is bounded; what is no list is reported. `None` has no items."""
    if place is None or isinstance(place.node, BrokenNode):
        return
    if not isinstance(place.node, ListNode):
        place.error("must be a list")
    elif not least <= len(place.node.items) <= most:
        place.error(f"must have {least} to {most} items")
    yield from place.items()


def _report(place: Place, errors: list[ErrorDetails], known: tuple[str, ...]) -> None:
    """Report the errors of a model, those of one value joined: a union tells one for each of its members."""
    found: dict[str, tuple[Place, list[ErrorDetails]]] = {}
    for error in errors:
        if error["type"] == "extra_forbidden":
            key = str(error["loc"][-1])
            _locate(place, error["loc"][:-1]).error_at_key(key, f"unknown key{suggestion(key, known)}")
            continue
        value = _locate(place, error["loc"])
        if error["type"] == "missing":
            value = replace(value, path=key_path(value.path, str(error["loc"][-1])))
        if not isinstance(value.node, BrokenNode):
            found.setdefault(value.path, (value, []))[1].append(error)
    for path, (value, alike) in found.items():
        kinds = [_KINDS[error["type"]] for error in alike if error["type"] in _KINDS]
        others = [error for error in alike if error["type"] not in _KINDS]
        if others:
            for error in others:
                value.error(_message(error, value.node))
        elif not any(deeper != path and deeper.startswith(path) for deeper in found):
            hint = "; write it in quotes" if kinds == ["text"] and _is_bare(value.node) else ""
            value.error(f"must be {alternatives(list(dict.fromkeys(kinds)))}{hint}")


def _locate(place: Place, location: Sequence[int | str]) -> Place:
    """Follow an error's location as far as the file has it. What is not in the file names a member of a union."""
    for part in location:
        node: Node | None = None
        path = place.path
        if isinstance(part, int) and isinstance(place.node, ListNode) and part < len(place.node.items):
            node, path = place.node.items[part], item_path(path, part)
        elif isinstance(part, str) and part in place.entries:
            node, path = place.entries[part].node, key_path(path, part)
        if node is not None:
            place = Place(node, path, place.problems)
    return place


def _message(error: ErrorDetails, node: Node) -> str:
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "literal_error":
        return _choice_message(context["expected"], node)
    template = _LIMITS.get(kind)
    return template.format_map(context) if template else error["msg"]


def _choice_message(expected: str, node: Node) -> str:
    """Turn pydantic's `'a', 'b' or 'c'` into the same with double quotes, and the nearest one."""
    choices = expected.replace("'", '"')
    word = node.value if isinstance(node, ScalarNode) else None
    hint = suggestion(word, choices.split('"')[1::2]) if isinstance(word, str) else ""
    return f"must be {choices}{hint}"


def _is_bare(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is not None
