"""The body of a request: which types an operation takes, and from bytes to a checked value."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from server.errors import UnsupportedMediaType
from server.exact_json import parse_json
from server.parameters import QueryReader, build_parameter
from server.repeated_keys import repeated_keys
from server.request import Request
from server.specification import InvalidContract, resolve_reference
from server.validators import Validator, ValidatorFactory
from tabularium.errors import BadRequest, FieldError, PayloadTooLarge

_MAX_FORM_FIELDS: Final = 1000
_UTF8: Final = {"utf-8", "utf8"}
_BODY: Final = "body"
"""What errors call the body as a whole."""


@dataclass(frozen=True, slots=True)
class Received:
    """A body as it came, with the parameters of its content type."""

    content: bytes
    content_type: bytes


Parse = Callable[[Received, list[FieldError]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class MediaReader:
    """Reads bodies of one media type. `parse` is `None` for JSON, the usual one, which needs no detour."""

    parse: Parse | None
    validator: Validator | None
    is_text: bool = True


class BodyReader:
    """Reads the bodies of one operation."""

    def __init__(self, document: Mapping[str, Any], factory: ValidatorFactory, request_body: Mapping[str, Any]) -> None:
        self.required: bool = request_body.get("required", False)
        content = request_body["content"]
        self._by_type = {name.lower(): _media_reader(document, factory, name, each) for name, each in content.items()}
        self._offered = " or ".join(content)
        self._most = _most_entries(document, content)
        # The usual ways to write the header are found at once, whatever is left is parsed.
        self._by_header = {name.encode(): each for name, each in self._by_type.items()}

    def choose(self, request: Request) -> MediaReader | None:
        """Return what reads the body of this request, or `None` if it has none. Raises `UnsupportedMediaType`."""
        if not request.announces_body:
            return None
        refuse_encoding(request)
        sent = request.headers.get(b"content-type", b"")
        reader = self._by_header.get(sent)
        return self._parse_type(sent) if reader is None else reader

    def _parse_type(self, sent: bytes) -> MediaReader:
        name, *parameters = sent.decode("latin-1").split(";")
        reader = self._by_type.get(name.strip().lower())
        if reader is None:
            raise UnsupportedMediaType(f"Send the body as {self._offered}.")
        for each in parameters:
            key, _, value = each.partition("=")
            charset = value.strip().strip('"').lower()
            if key.strip().lower() == "charset" and reader.is_text and charset not in _UTF8:
                raise UnsupportedMediaType("Send the body in UTF-8.")
        return reader

    async def read(self, reader: MediaReader | None, request: Request, content: bytes) -> tuple[Any, list[FieldError]]:
        """Return the value for the handler and every failure. Raises `BadRequest` where the bytes are unreadable."""
        errors: list[FieldError] = []
        if reader is None or not content:
            if self.required:
                raise BadRequest(f"A body is required here: {self._offered}.")
            return None, errors
        if reader.parse is None:
            value = parse_json(content)
            errors += repeated_keys(content, value)
        else:
            value = await reader.parse(Received(content, request.headers.get(b"content-type", b"")), errors)
        for name, most in self._most.items():
            entries = value.get(name) if isinstance(value, Mapping) else None
            if isinstance(entries, list) and len(entries) > most:
                raise PayloadTooLarge(f"At most {most} entries are allowed in one request.")
        validator = reader.validator
        if validator is not None and not validator.is_valid(value):
            failed = {each.field for each in errors}
            errors += [_named(each) for each in validator.explain(value) if each.field not in failed]
        return value, errors


def _most_entries(document: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, int]:
    """Return how many items the lists of the body may have that are refused as too large where there are more."""
    found: dict[str, int] = {}
    for each in content.values():
        schema = resolve_reference(document, each.get("schema", {}))
        properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
        lists = {name: resolve_reference(document, item) for name, item in properties.items()}
        found |= {name: item["maxItems"] for name, item in lists.items() if item.get("x-batch")}
    return found


def refuse_encoding(request: Request) -> None:
    """Raise `UnsupportedMediaType` for a body that is compressed, or encoded in another way."""
    encoding = request.headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")


def _named(error: FieldError) -> FieldError:
    return error if error.field else FieldError(_BODY, error.message, error.code)


# Media types ----------------------------------------------------------------------------------------------------------


def _media_reader(
    document: Mapping[str, Any], factory: ValidatorFactory, name: str, definition: Mapping[str, Any]
) -> MediaReader:
    media_type = name.lower()
    schema = definition.get("schema", True)
    if "encoding" in definition:
        raise InvalidContract([f"the media type {name}: `encoding` of its parts is not supported"])
    validator = factory.compile(schema)
    if media_type == "application/json" or media_type.endswith("+json") or definition.get("x-json"):
        return MediaReader(None, validator)
    if media_type == "application/x-www-form-urlencoded":
        return MediaReader(_form_parser(document, schema), validator)
    if media_type == "multipart/form-data":
        return MediaReader(_multipart_parser(document, schema), _FileTolerant(validator), is_text=False)
    if media_type == "application/octet-stream":
        return MediaReader(_parse_bytes, None, is_text=False)
    if media_type.startswith("text/"):
        return MediaReader(_parse_text, validator)
    raise InvalidContract([f"the media type {name} cannot be read"])


async def _parse_bytes(received: Received, _: list[FieldError]) -> bytes:
    return received.content


async def _parse_text(received: Received, _: list[FieldError]) -> str:
    try:
        return received.content.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None


def _form_parser(document: Mapping[str, Any], schema: Any) -> Parse:
    convert = _form_converter(document, schema)

    async def parse(received: Received, errors: list[FieldError]) -> dict[str, Any]:
        try:
            text = received.content.decode()
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FORM_FIELDS)
        except UnicodeDecodeError:
            raise BadRequest("The body is not UTF-8.") from None
        except ValueError:
            raise BadRequest(f"The body has more than {_MAX_FORM_FIELDS} fields.") from None
        return convert(pairs, errors)

    return parse


def _multipart_parser(document: Mapping[str, Any], schema: Any) -> Parse:
    """Return what reads a form with files. A text becomes the value of its property, a file becomes its bytes."""
    try:
        import python_multipart  # noqa: F401 - Starlette needs it and says so only at the first request
    except ImportError:
        raise InvalidContract(["multipart/form-data needs the package python-multipart"]) from None
    convert = _form_converter(document, schema)

    async def parse(received: Received, errors: list[FieldError]) -> dict[str, Any]:
        async def stream() -> AsyncGenerator[bytes, None]:
            yield received.content

        headers = Headers(raw=[(b"content-type", received.content_type)])
        size = len(received.content)
        try:
            form = await MultiPartParser(headers, stream(), max_fields=_MAX_FORM_FIELDS, max_part_size=size).parse()
        except (MultiPartException, UnicodeDecodeError, KeyError):
            raise BadRequest("The body is not a valid multipart form.") from None
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        values = convert(pairs, errors)
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                values[name] = await value.read()
        await form.close()
        return values

    return parse


def _form_converter(
    document: Mapping[str, Any], schema: Any
) -> Callable[[list[tuple[str, str]], list[FieldError]], dict[str, Any]]:
    """Return what turns the fields of a form into an object, each by the schema of its property."""
    properties = resolve_reference(document, schema)
    properties = properties.get("properties", {}) if isinstance(properties, Mapping) else {}
    parameters = [
        build_parameter(document, {"name": name, "in": "query", "schema": each}) for name, each in properties.items()
    ]
    reader = QueryReader(parameters)
    names = {each.argument: each.name for each in parameters}

    def convert(pairs: list[tuple[str, str]], errors: list[FieldError]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        known = [(name, text) for name, text in pairs if name in properties]
        reader.read(known, values, errors)
        converted = {names[argument]: value for argument, value in values.items()}
        # What the schema does not name stays text: whether it is allowed is for the validator to say.
        return converted | {name: text for name, text in pairs if name not in properties}

    return convert


class _FileTolerant(Validator):
    """Checks a form whose files are bytes, which it sees as texts of the same length."""

    __slots__ = ()

    def __init__(self, validator: Validator) -> None:
        super().__init__(validator._compiled, validator._find)
        self.is_valid = self._is_valid_as_texts

    def _is_valid_as_texts(self, value: Any) -> bool:
        return self._compiled.is_valid(_as_texts(value))

    def explain(self, value: Any) -> list[FieldError]:
        return super().explain(_as_texts(value))


def _as_texts(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.decode("latin-1") if isinstance(each, bytes) else each for name, each in value.items()}
