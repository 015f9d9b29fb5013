"""`single-attachment`, also called `attachment`: one file that lies elsewhere."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from tabularium.schema.fields.attached_file import FileOptions, file_schema, read_file
from tabularium.schema.fields.base import Mode, SchemaMode
from tabularium.schema.fields.json_value import JsonStoredType


class SingleAttachmentOptions(FileOptions):
    """The options of `single-attachment`."""


class SingleAttachmentType(JsonStoredType):
    """The address, name, media type and size of a file, as the client tells them."""

    names = ("single-attachment", "attachment")
    Options = SingleAttachmentOptions
    options: SingleAttachmentOptions
    groups = frozenset()

    def parse(self, value: Any, mode: Mode) -> dict[str, Any]:
        return read_file(value, self.options)

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return str(value["filename"])

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return file_schema(self.options, is_sent=mode != "record")
