"""Make everything below `generated/` from the contract below `openapi/`.

`python -m tools.generate` writes the files; with `--check` it writes nothing, and fails where one is stale. The same
contract gives the same bytes, on every machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from tools.bundle import BundleError, bundle
from tools.contract import operations

HOME: Final = Path(__file__).parent.parent
SOURCE: Final = HOME / "openapi"
TARGET: Final = HOME / "generated"

_PACKAGE: Final = '"""Made from the contract by `python -m tools.generate`; never edited by hand."""\n'

# Why these: they keep "absent" apart from null, lose no branch of a recursive union, and leave addresses and
# times as the text that they are on the wire.
_CODEGEN: Final = (
    *("--input-file-type", "openapi"),
    *("--output-model-type", "pydantic_v2.BaseModel"),
    *("--target-python-version", "3.11"),
    *("--target-pydantic-version", "2.14"),
    "--disable-timestamp",
    *("--formatters", "builtin"),
    "--use-annotated",
    "--use-standard-collections",
    "--use-union-operator",
    "--strict-nullable",
    *("--enum-field-as-literal", "all"),
    "--use-tag-as-union-variant-name",
    "--use-missing-sentinel",
    *("--type-mappings", "string+email=string", "string+uri=string", "string+date-time=string", "string+date=string"),
)


def generate(source: Path = SOURCE) -> dict[str, bytes]:
    """Return the content of every generated file, by name. Takes a few seconds."""
    joined = bundle(source)
    return {
        "__init__.py": _PACKAGE.encode(),
        "models.py": models(joined.document),
        "openapi.json": joined.text().encode(),
        "operations.txt": operation_table(joined.document).encode(),
    }


def operation_table(document: Mapping[str, Any]) -> str:
    """Return one line an operation: tag, operationId, method, path, access; in the order of the contract."""
    rows = [
        (each.tag, each.operation_id, each.method.upper(), each.path, str(each.content.get("x-access", "")))
        for each in operations(document)
    ]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "".join(f"{line}\n" for line in lines)


def models(document: Mapping[str, Any]) -> bytes:
    """Return Pydantic models of every schema."""
    with tempfile.TemporaryDirectory() as folder:
        contract, output = Path(folder) / "openapi.json", Path(folder) / "models.py"
        contract.write_bytes(orjson.dumps(_without_conditions(document)))
        files = ("--input", str(contract), "--output", str(output))
        subprocess.run([sys.executable, "-m", "datamodel_code_generator", *files, *_CODEGEN], check=True)
        return output.read_bytes()


def _without_conditions(node: Any) -> Any:
    """Replace `if` by the union of its branches, since a type cannot say which of them holds."""
    if isinstance(node, list):
        return [_without_conditions(item) for item in node]
    if not isinstance(node, dict):
        return node
    conditions = {"if", "then", "else"}
    if not conditions <= node.keys():
        return {key: _without_conditions(value) for key, value in node.items()}
    rest = {key: _without_conditions(value) for key, value in node.items() if key not in conditions}
    return {**rest, "anyOf": [node["then"], node["else"]]}


def stale(generated: Mapping[str, bytes], target: Path) -> list[str]:
    """Return the names of the files below `target` that are missing, differ, or are not generated (any more)."""
    present = {path.name for path in target.iterdir() if path.is_file()} if target.is_dir() else set()
    differing = {name for name, body in generated.items() if name in present and (target / name).read_bytes() != body}
    return sorted((generated.keys() ^ present) | differing)


def write(generated: Mapping[str, bytes], target: Path) -> None:
    """Write the files below `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for name, body in generated.items():
        (target / name).write_bytes(body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description="Make generated/ from openapi/.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    parser.add_argument("--source", type=Path, default=SOURCE, help="the folder of the contract (openapi)")
    parser.add_argument("--target", type=Path, default=TARGET, help="the folder to write to (generated)")
    options = parser.parse_args(arguments)
    try:
        generated = generate(options.source)
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.check:
        write(generated, options.target)
        return 0
    names = stale(generated, options.target)
    for name in names:
        print(f"{options.target / name} does not match the contract.", file=sys.stderr)
    if names:
        print("Run `make generate` and commit the result; never edit these files by hand.", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
