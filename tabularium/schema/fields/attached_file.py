"""What the types of attachments share: the description of a file that lies elsewhere. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, field_validator

from tabularium.schema.fields.base import FieldOptions, InvalidValue, Problem
from tabularium.schema.fields.characters import line_problem
from tabularium.schema.fields.exact import MAX_INTEGER, whole_number
from tabularium.schema.fields.option_types import refuse
from tabularium.schema.fields.url import MAX_LENGTH, URL_PATTERN, UrlType

_KEYS: Final = ("url", "filename", "mimeType", "size")
_NO_FILE: Final = Problem(
    "wrong_type", 'Must be an object with "url" and "filename", and "mimeType" and "size" where they are known.'
)
_NAME: Final = "[A-Za-z0-9!#$&^_.+-]+"
_MIME_TYPE: Final = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)
_ALLOWED_TYPE: Final = re.compile(rf"{_NAME}/(?:\*|{_NAME})", re.ASCII)
_NO_NAME: Final = Problem("invalid_file", "Must be a file name of 1 to 255 characters without / and \\.", "filename")
_NO_TYPE: Final = Problem("invalid_file", "Must be a media type such as image/png, or null.", "mimeType")
_NO_SIZE: Final = Problem("wrong_type", "Must be a whole number of bytes, or null.", "size")

_URL: Final = UrlType(UrlType.Options())


class FileOptions(FieldOptions):
    """The options that the types of attachments have in common."""

    allowed_file_types: Annotated[list[str], Field(min_length=1, max_length=100)] | None = Field(
        None, description="Media types that are taken, such as `image/png` or `image/*`; all if it is left out."
    )
    max_file_size: Annotated[int, Field(ge=1, le=MAX_INTEGER)] | None = Field(
        None, description="The greatest size of a file in bytes."
    )

    @field_validator("allowed_file_types")
    @classmethod
    def _check_types(cls, value: list[str] | None) -> list[str] | None:
        for item in value or ():
            if not _ALLOWED_TYPE.fullmatch(item):
                refuse("must hold media types, such as image/png or image/*")
        return value


def read_file(value: Any, options: FileOptions) -> dict[str, Any]:
    """Return a file with its keys in their order, or raise `InvalidValue` with every reason."""
    if not isinstance(value, Mapping) or any(key not in _KEYS for key in value):
        raise InvalidValue(_NO_FILE)
    problems: list[Problem] = []
    file = {
        "url": _read_url(value.get("url"), problems),
        "filename": _read_name(value.get("filename"), problems),
        "mimeType": _read_type(value.get("mimeType"), options, problems),
        "size": _read_size(value.get("size"), options, problems),
    }
    if problems:
        raise InvalidValue(*problems)
    return file


def _read_url(value: Any, problems: list[Problem]) -> Any:
    try:
        return _URL.parse(value, "write")
    except InvalidValue as invalid:
        problems += [Problem(each.code, each.message, "url") for each in invalid.problems]
        return None


def _read_name(value: Any, problems: list[Problem]) -> Any:
    is_name = isinstance(value, str) and 1 <= len(value) <= 255 and not re.search(r"[/\\]", value)
    if not is_name or line_problem(value):
        problems.append(_NO_NAME)
    return value


def _read_type(value: Any, options: FileOptions, problems: list[Problem]) -> Any:
    if value is not None and not (isinstance(value, str) and len(value) <= 255 and _MIME_TYPE.fullmatch(value)):
        problems.append(_NO_TYPE)
        return None
    allowed = options.allowed_file_types
    if allowed is not None and not _is_allowed(value, allowed):
        problems.append(Problem("invalid_file", f"Must be one of: {', '.join(allowed)}.", "mimeType"))
    return value


def _is_allowed(value: str | None, allowed: list[str]) -> bool:
    if value is None:
        return False
    kind = value.lower()
    return any(kind == each.lower() or (each.endswith("/*") and kind.startswith(each[:-1].lower())) for each in allowed)


def _read_size(value: Any, options: FileOptions, problems: list[Problem]) -> Any:
    if value is None:
        if options.max_file_size is not None:
            problems.append(Problem("required", "The size must be told here.", "size"))
        return None
    size = None if isinstance(value, (bool, str)) or not hasattr(value, "__int__") else whole_number(value)
    if size is None:
        problems.append(_NO_SIZE)
        return None
    most = options.max_file_size or MAX_INTEGER
    if not 0 <= size <= most:
        problems.append(Problem("out_of_range", f"Must be from 0 to {most}.", "size"))
    return size


def file_schema(options: FileOptions, *, is_sent: bool) -> dict[str, Any]:
    """Return the JSON Schema of a file."""
    kind: dict[str, Any] = {"type": ["string", "null"], "pattern": f"^{_NAME}/{_NAME}$"}
    size: dict[str, Any] = {"type": ["integer", "null"]}
    name: dict[str, Any] = {"type": "string", "pattern": r"^[^/\\\u0000-\u001F\u007F-\u009F\u2028\u2029]+$"}
    address: dict[str, Any] = {"type": "string", "pattern": URL_PATTERN}
    required = list(_KEYS)
    if is_sent:
        required = ["url", "filename"]
        address["maxLength"] = MAX_LENGTH
        name["maxLength"] = kind["maxLength"] = 255
        size |= {"minimum": 0, "maximum": options.max_file_size or MAX_INTEGER}
        if options.allowed_file_types is not None:
            kind |= {"type": "string", "pattern": f"^(?:{'|'.join(map(_pattern, options.allowed_file_types))})$"}
            required.append("mimeType")
        if options.max_file_size is not None:
            size["type"] = "integer"
            required.append("size")
    properties = {"url": address, "filename": name, "mimeType": kind, "size": size}
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _pattern(allowed: str) -> str:
    """Return the pattern of the media types that an entry of the list allows, in any case of their letters."""
    written = "".join(f"[{sign.upper()}{sign.lower()}]" if sign.isalpha() else re.escape(sign) for sign in allowed)
    return written.replace(r"\*", _NAME)
