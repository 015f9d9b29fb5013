"""Reading the application file: types, places, anchors, references, and bounds."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.config.json_source import parse_json
from tabularium.config.nodes import MapNode, plain
from tabularium.config.problems import Problems
from tabularium.config.reader import ApplicationFile, read_application
from tabularium.config.source import Budget, Source, Unreadable
from tabularium.config.yaml_source import parse_yaml


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    return folder / next(iter(files))


def read(folder: Path, files: dict[str, str]) -> Any:
    """Return the content of files that are right."""
    problems = Problems()
    application = read_application(write(folder, files), problems)
    assert [str(problem) for problem in problems.errors()] == []
    assert application is not None
    return plain(application.root.node)


def errors(folder: Path, files: dict[str, str]) -> list[str]:
    problems = Problems()
    read_application(write(folder, files), problems)
    return [str(problem) for problem in problems.errors()]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((word, word) for word in ("yes", "no", "on", "off", "True", "NULL", "~", "y", "2025-01-31", "12:30", "0x10")),
        *((word, word) for word in ("010", "+5", "1_000", ".5", "5.", ".inf", ".NaN", "1e", "- 5"[:1] + "-5", "=")),
        *(("true", True), ("false", False), ("null", None), ("", None), ("5", 5), ("-0", 0), ("1.50", Decimal("1.50"))),
        *(("1e3", Decimal("1e3")), ("-2.5E-3", Decimal("-0.0025")), ("9007199254740993", 9007199254740993)),
        *(("'5'", "5"), ('"true"', "true"), ("''", ""), ('"\\u00e9"', "é"), ("1e400", Decimal("1e400"))),
    ],
)
def test_a_yaml_word_has_the_type_that_json_would_give_it(written: str, value: object, tmp_path: Path) -> None:
    found = read(tmp_path, {"app.yaml": f"x: {written}\n"})["x"]
    assert found == value
    assert type(found) is type(value)


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    content = read(tmp_path, {"app.json": '{"a": 0.10, "b": 9007199254740993, "c": -1E+2}'})
    assert content == {"a": Decimal("0.10"), "b": 9007199254740993, "c": Decimal("-1E+2")}
    assert str(content["a"]) == "0.10"


@pytest.mark.parametrize("number", ["9" * 5000, "1e401", "-1e999999999", "1e-401", "0.5e-999999999", "1e" + "9" * 30])
@pytest.mark.parametrize("name", ["app.yaml", "app.json"])
def test_a_number_of_absurd_length_is_refused(name: str, number: str, tmp_path: Path) -> None:
    (found,) = errors(tmp_path, {name: f'{{"x": {number}}}'})
    assert found == f"{name}:1:7 x: a number has at most 400 digits, written without an exponent"


def test_json_may_be_indented_with_tabs(tmp_path: Path) -> None:
    assert read(tmp_path, {"app.json": '{\n\t"name":\t"crm",\r\n\t"tables": []\n}\n'}) == {"name": "crm", "tables": []}


def test_the_extension_decides_in_any_case(tmp_path: Path) -> None:
    assert read(tmp_path, {"APP.JSON": '{\t"a": 1}'}) == {"a": 1}
    assert errors(tmp_path, {"app.toml": "a = 1"}) == [
        "app.toml:1:1: the name of the file must end in .yaml, .yml or .json"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"x": NaN}', "a value is expected"),
        ('{"x": 01}', "',' or '}' is expected"),
        ('{"x": "a\tb"}', "a control character or an unknown escape"),
        ('{"x": "\\ud800"}', "half of a surrogate pair"),
        ('{"x": "\\u0000"}', "U+0000"),
        ('{"\\u0000": 1}', "U+0000"),
        ('{"x": "abc', "a text without an end"),
        ('{"x" 1}', "':' is expected"),
        ("[1 2]", "',' or ']' is expected"),
        ("{} //", "nothing may follow"),
        ("", "a value is expected"),
        ("[" * 65 + "]" * 65, "more than 64 levels of nesting"),
    ],
)
def test_json_that_is_none_is_refused(text: str, message: str, tmp_path: Path) -> None:
    assert message in errors(tmp_path, {"app.json": text})[0]


def test_surrogate_pairs_of_json_are_one_character(tmp_path: Path) -> None:
    assert read(tmp_path, {"app.json": '{"x": "\\ud83d\\ude0e"}'}) == {"x": "\U0001f60e"}


def test_every_key_and_value_knows_its_place(tmp_path: Path) -> None:
    problems = Problems()
    path = write(tmp_path, {"app.yaml": "name: crm\ntables:\n  - {id: 1,\n     é: x}\n"})
    application = read_application(path, problems)
    assert application is not None
    tables = application.root.at("tables")
    (table,) = tables.items()
    assert (str(tables.node.position), str(table.node.position)) == ("app.yaml:3:3", "app.yaml:3:5")
    assert table.path == "tables[0]"
    assert isinstance(table.node, MapNode)
    entry = table.node.entries["é"]
    assert (str(entry.position), str(entry.node.position)) == ("app.yaml:4:6", "app.yaml:4:9")


def test_yaml_and_json_of_one_text_give_one_tree() -> None:
    text = '{"a": [1, 2.50, true, null, "x"], "b": {"c": ""}}'
    from_json, from_yaml = parse_json(Source(0, "a", text)), parse_yaml(Source(0, "a", text), Budget())
    assert plain(from_json) == plain(from_yaml)
    assert isinstance(from_json, MapNode)
    assert isinstance(from_yaml, MapNode)
    assert {key: entry.position for key, entry in from_json.entries.items()} == {
        key: entry.position for key, entry in from_yaml.entries.items()
    }


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(_json, st.sampled_from([None, 2]))
def test_what_json_writes_is_read_back(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert plain(parse_json(Source(0, "a", text))) == value


@given(st.text("{}[]:,\"'&*!|>-# \n\tab1$ref<?%@`\\", max_size=60))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    for parse in (lambda: parse_yaml(Source(0, "a", text), Budget()), lambda: parse_json(Source(0, "a", text))):
        try:
            plain(parse())
        except Unreadable as failure:
            assert failure.position.line >= 1  # noqa: PT017  # either end is right


def test_an_anchor_repeats_a_value(tmp_path: Path) -> None:
    content = read(tmp_path, {"app.yaml": "a: &one {x: [1, 2]}\nb: *one\n? &k key\n: 1\nc: *k\n"})
    assert content == {"a": {"x": [1, 2]}, "b": {"x": [1, 2]}, "key": 1, "c": "key"}


def test_anchors_expand_to_ten_mebibytes_at_most(tmp_path: Path) -> None:
    lines = ["a0: &a0 [" + ", ".join(["lol"] * 9) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 12)]
    (found,) = errors(tmp_path, {"app.yaml": "\n".join(lines)})
    assert found.endswith("anchors and references expand to more than 10 MiB")


def test_files_that_are_included_again_and_again_count_as_well(tmp_path: Path) -> None:
    files = {"app.yaml": "tables:\n" + "  - $ref: a1.json\n" * 20}
    files |= {f"a{n}.json": json.dumps([{"$ref": f"a{n + 1}.json"}] * 20) for n in range(1, 6)}
    files["a6.json"] = "[1]"
    (found,) = errors(tmp_path, files)
    assert found.endswith("anchors and references expand to more than 10 MiB")


def test_nesting_is_bounded_with_anchors_and_references_followed(tmp_path: Path) -> None:
    deep = "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40
    assert "more than 64 levels of nesting" in errors(tmp_path, {"app.yaml": deep})[0]
    assert "more than 64 levels of nesting" in errors(tmp_path, {"b.yaml": "[" * 5000})[0]


def test_a_reference_is_replaced_by_the_file_and_a_list_by_its_items(tmp_path: Path) -> None:
    files = {
        "app.yaml": "api: {$ref: ./api.json}\n"
        "tables:\n- 0\n- $ref: t/many.yaml\n- $ref: t/one.yml\n- [$ref: t/many.yaml]\n",
        "api.json": '{"docs": "off"}',
        "t/many.yaml": "- 1\n- $ref: more.yaml\n",
        "t/more.yaml": "$ref: ../t/last.json",
        "t/last.json": "[2, 3]",
        "t/one.yml": "4",
    }
    assert read(tmp_path, files) == {"api": {"docs": "off"}, "tables": [0, 1, 2, 3, 4, [1, 2, 3]]}


def test_the_whole_file_may_be_a_reference(tmp_path: Path) -> None:
    assert read(tmp_path, {"app.yaml": "$ref: real.yaml", "real.yaml": "name: x"}) == {"name": "x"}


def test_ten_levels_of_references_are_followed_and_eleven_are_not(tmp_path: Path) -> None:
    files = {"app.yaml": "a: {$ref: f1.yaml}"} | {f"f{n}.yaml": f"$ref: f{n + 1}.yaml" for n in range(1, 10)}
    assert read(tmp_path, {**files, "f10.yaml": "end"}) == {"a": "end"}
    found = errors(tmp_path, {**files, "f10.yaml": "$ref: f11.yaml", "f11.yaml": "end"})
    assert found == ["f10.yaml:1:7 a.$ref: more than 10 levels of references"]


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("password", "utf-8")
    folder = tmp_path / "app"
    path = write(
        folder, {"app.yaml": "a: {$ref: link.yaml}\nb: {$ref: inside.yaml}\nc: {$ref: loop.yaml}", "x.yaml": "1"}
    )
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "inside.yaml").symlink_to(folder / "x.yaml")
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    problems = Problems()
    application = read_application(path, problems)
    assert application is not None
    assert plain(application.root.node)["b"] == 1
    first, second = (str(problem) for problem in problems.errors())
    assert first == 'app.yaml:1:11 a.$ref: "link.yaml" leads out of the application\'s folder'
    assert second.startswith('app.yaml:3:11 c.$ref: "loop.yaml"')


def test_the_folder_is_that_of_the_file_behind_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real", {"app.yaml": "a: {$ref: x.yaml}", "x.yaml": "1"})
    (tmp_path / "crm.yaml").symlink_to(tmp_path / "real" / "app.yaml")
    problems = Problems()
    application = read_application(tmp_path / "crm.yaml", problems)
    assert isinstance(application, ApplicationFile)
    assert plain(application.root.node) == {"a": 1}
    assert [file.name for file in application.files] == ["app.yaml", "x.yaml"]
    assert str(application.root.node.position) == "crm.yaml:1:1"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    problems = Problems()
    assert read_application(tmp_path / "app.yaml", problems) is None
    assert [str(problem) for problem in problems.errors()] == ["app.yaml:1:1: does not exist"]
    (tmp_path / "folder.yaml").mkdir()
    assert errors(tmp_path, {"app.yaml": "a: {$ref: folder.yaml}"}) == [
        'app.yaml:1:11 a.$ref: "folder.yaml" is no file'
    ]
    problems = Problems()
    assert read_application(tmp_path / "folder.yaml", problems) is None
    assert "is a directory" in str(problems.errors()[0])
    assert "cannot be read: file name too long" in errors(tmp_path, {"app.yaml": f"a: {{$ref: {'x' * 300}.yaml}}"})[0]


def test_text_that_is_not_utf_8_is_refused_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(b"name: crm\ndescription: caf\xe9\n")
    problems = Problems()
    assert read_application(tmp_path / "app.yaml", problems) is None
    assert [str(problem) for problem in problems.errors()] == ["app.yaml:2:17: the file must be UTF-8 text"]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, {"app.json": '\ufeff{"a": 1}', "b": ""}) == {"a": 1}
    assert read(tmp_path, {"app.yaml": "\ufeffa: 1"}) == {"a": 1}


def test_a_control_character_in_yaml_is_refused_at_its_place(tmp_path: Path) -> None:
    assert errors(tmp_path, {"app.yaml": "a: 1\nb: \x07"}) == [
        "app.yaml:2:4: control characters are not allowed in YAML"
    ]
