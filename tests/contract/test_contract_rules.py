"""The contract holds to every rule of `tools/contract_rules.py`."""

from __future__ import annotations

import pytest

from server import parameters
from tools.contract import Contract
from tools.contract_rules import RULES
from tools.rules.finding import Rule
from tools.rules.operations import snake_case


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_contract_keeps_the_rule(contract: Contract, rule: Rule) -> None:
    found = [str(finding) for finding in rule(contract)]
    assert not found, "\n".join([str(rule.__doc__), *found])


def test_the_rules_and_the_server_name_arguments_alike(contract: Contract) -> None:
    names = {parameter["name"] for _, parameter in contract.parameters()} | {"recordCountOf2ndTable", "viewId"}
    assert {name: snake_case(name) for name in names} == {name: parameters.snake_case(name) for name in names}
