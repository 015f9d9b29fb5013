"""The rules that the contract must hold to, beyond what OpenAPI asks. `make check` and the tests run them.

A rule is a function from the contract to its breaches, in one of the modules of `tools/rules`. A new rule is one
function there, one line here, and one broken document in `tests/tools/test_contract_rules.py` that proves it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tools.bundle import BundleError
from tools.contract import Contract
from tools.generate import SOURCE
from tools.rules import conditions, examples, operations, responses, schemas
from tools.rules.finding import Finding, Rule

RULES: Final[tuple[Rule, ...]] = (
    operations.operation_ids_begin_with_a_verb,
    operations.operation_ids_are_unique,
    operations.operations_stand_in_the_file_of_their_tag,
    operations.extensions_are_complete,
    operations.extensions_are_consistent,
    operations.parameters_with_actions_are_switches,
    operations.parameters_have_one_type,
    operations.parameter_names_make_distinct_arguments,
    operations.operations_are_described,
    operations.descriptions_end_with_a_full_stop,
    operations.links_lead_to_operations,
    responses.errors_are_declared,
    responses.errors_have_the_one_form,
    responses.one_success_is_declared,
    responses.headers_are_declared,
    conditions.conditions_have_their_answers,
    conditions.conditions_fit_their_operation,
    conditions.tagged_answers_declare_their_tag,
    schemas.objects_are_closed,
    schemas.schemas_with_properties_are_objects,
    schemas.strings_are_bounded,
    schemas.numbers_are_bounded,
    schemas.arrays_are_bounded,
    schemas.all_of_stands_alone,
    schemas.conditions_are_whole,
    schemas.bodies_are_required_where_properties_are,
    schemas.component_names_are_pascal_case,
    schemas.definitions_are_used,
    schemas.texts_have_no_marks_of_templates,
    examples.examples_are_given,
    examples.named_examples_have_a_summary,
    examples.examples_are_valid,
)


def breaches(contract: Contract) -> list[Finding]:
    """Return every breach of every rule."""
    return [finding for rule in RULES for finding in rule(contract)]


def main(folder: Path = SOURCE) -> int:
    """Print every breach and return the exit code."""
    try:
        found = breaches(Contract.load(folder))
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
