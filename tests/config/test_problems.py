"""How problems are told: text form, order, number, the nearest name."""

from __future__ import annotations

import pytest

from tabularium.config.problems import (
    ConfigurationError,
    Position,
    Problem,
    Problems,
    key_path,
    listing,
    quoted,
    suggestion,
)


def test_a_problem_reads_as_file_line_column_path_and_reason() -> None:
    message = f"unknown key{suggestion('requird', ['required', 'unique'])}"
    problem = Problem(Position(0, "app.yaml", 14, 9), "tables[0].fields[2].requird", message)
    assert str(problem) == 'app.yaml:14:9 tables[0].fields[2].requird: unknown key; did you mean "required"?'
    assert problem.as_json() == {
        "severity": "error",
        "file": "app.yaml",
        "line": 14,
        "column": 9,
        "path": "tables[0].fields[2].requird",
        "message": 'unknown key; did you mean "required"?',
    }


def test_problems_come_in_the_order_of_files_and_lines() -> None:
    problems = Problems()
    for order, file, line, column in [
        (1, "a.yaml", 1, 1),
        (0, "z.yaml", 10, 1),
        (0, "z.yaml", 9, 5),
        (0, "z.yaml", 9, 4),
    ]:
        problems.error(Position(order, file, line, column), "", "wrong")
    assert [str(problem.position) for problem in problems.errors()] == [
        "z.yaml:9:4",
        "z.yaml:9:5",
        "z.yaml:10:1",
        "a.yaml:1:1",
    ]


def test_one_fault_of_one_place_is_told_once() -> None:
    problems = Problems()
    for path in ("tables[0]", "tables[1]"):
        problems.error(Position(0, "a.yaml", 1, 1), path, "wrong")
    problems.warn(Position(0, "a.yaml", 2, 1), "", "odd")
    assert [problem.path for problem in problems.errors()] == ["tables[0]"]
    assert [problem.message for problem in problems.warnings()] == ["odd"]


@pytest.mark.parametrize(("count", "last"), [(200, "199"), (201, "and 1 more"), (1000, "and 800 more")])
def test_two_hundred_problems_are_listed_and_the_rest_is_counted(count: int, last: str) -> None:
    problems = [Problem(Position(0, "a.yaml", 1, 1), "", str(number)) for number in range(count)]
    lines = listing(problems)
    assert len(lines) == min(count, 201)
    assert lines[-1].endswith(last)
    assert str(ConfigurationError(problems)) == "\n".join(lines)


def test_a_suggestion_is_near_or_absent() -> None:
    assert suggestion("Contacts", ["contacts", "deals"]) == '; did you mean "contacts"?'
    assert suggestion("x", ["contacts", "deals"]) == ""
    assert suggestion("x", []) == ""


def test_words_of_the_file_are_escaped_and_cut() -> None:
    assert quoted('a"b\n\x1b[31m') == '"a\\"b\\n\\u001b[31m"'
    assert len(quoted("x" * 1000)) == 82
    assert key_path("a", "b c") == 'a["b c"]'
    assert key_path("", "b") == "b"
