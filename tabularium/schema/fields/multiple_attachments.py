"""`multiple-attachments`: several files that lie elsewhere."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field

from tabularium.schema.fields.attached_file import FileOptions, file_schema, read_file
from tabularium.schema.fields.base import Group, InvalidValue, Mode, Problem, Row, SchemaMode
from tabularium.schema.fields.json_value import JsonStoredType
from tabularium.schema.fields.list_items import read_items


class MultipleAttachmentsOptions(FileOptions):
    """The options of `multiple-attachments`."""

    max_files: Annotated[int, Field(ge=1, le=100)] = Field(100, description="The greatest number of files.")


class MultipleAttachmentsType(JsonStoredType):
    """A list of files, in the order in which they were sent."""

    names = ("multiple-attachments",)
    Options = MultipleAttachmentsOptions
    options: MultipleAttachmentsOptions
    groups = frozenset({"L"})

    def parse(self, value: Any, mode: Mode) -> list[Any]:
        files, problems = read_items(value, lambda item: read_file(item, self.options))
        if len(files) > self.options.max_files:
            problems.append(Problem("too_many", f"Must have at most {self.options.max_files} files."))
        if problems:
            raise InvalidValue(*problems)
        return files

    def is_blank(self, value: Any) -> bool:
        return not value

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return f"CAST({row.column(name)} AS TEXT)"

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(file["filename"] for file in value)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "array", "items": file_schema(self.options, is_sent=mode != "record")}
        return {**schema, "maxItems": self.options.max_files} if mode in ("create", "update") else schema
