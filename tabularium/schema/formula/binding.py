"""A formula's text to its typed tree, over the fields of the table that it stands in."""

from __future__ import annotations

from tabularium.config.problems import quoted
from tabularium.schema.fields.base import FormulaKind, Scope, Unresolved
from tabularium.schema.formula.check import check_formula
from tabularium.schema.formula.functions import FUNCTIONS
from tabularium.schema.formula.syntax import parse_formula
from tabularium.schema.formula.tree import FormulaError, FormulaRefused, Node, references


def bind_formula(text: str, scope: Scope, target: FormulaKind | None, option: str) -> Node:
    """Return the typed tree, converted to `target` if one is given.

    Raises `Unresolved` for `option` with everything that is wrong, names and types together.
    """
    errors: list[FormulaError] = []
    kinds: dict[str, FormulaKind] = {}
    is_complete = True
    try:
        written = parse_formula(text)
        for reference in references(written):
            try:
                kinds[reference.name] = kinds.get(reference.name) or _kind_of(reference.name, scope, option)
            except Unresolved as failure:
                is_complete = False
                hint = _function_hint(reference.name)
                errors += [FormulaError(f"{message}{hint}", reference.offset) for _, message in failure.problems]
        node = check_formula(written, kinds, target)
    except FormulaRefused as refused:
        errors += refused.errors
    else:
        if is_complete:
            return node
    raise Unresolved(*((option, str(error)) for error in FormulaRefused(errors).errors))


def _kind_of(name: str, scope: Scope, option: str) -> FormulaKind:
    kind = scope.own.field(name, option)
    if kind.formula_type is None:
        raise Unresolved((option, f"{quoted(name)} ({kind.names[0]}) has no value that a formula can compute with"))
    return kind.formula_type


def _function_hint(name: str) -> str:
    return f"; as a function it is written {name}()" if name.upper() in FUNCTIONS else ""
