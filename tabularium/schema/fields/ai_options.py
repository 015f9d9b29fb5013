"""The options of the types that a model of the wider platform fills. Here they are plain fields that nothing fills."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.option_types import ExactNumber

PRIVATE: Final = frozenset({"prompt", "model", "provider"})
"""What no description of a field shows."""

NOTICE: Final = "nothing computes fields of this type here: they hold what clients write"

_Text = Annotated[str, Field(max_length=10_000)]


class AiOptions(FieldOptions):
    """Accepted and checked, without effect on data."""

    prompt: _Text | None = Field(None, description="What the model is asked; without effect.")
    model: _Text | None = Field(None, description="The model; without effect.")
    provider: _Text | None = Field(None, description="Who runs the model; without effect.")
    source_field: _Text | None = Field(None, description="The field that the model reads; without effect.")
    source_fields: list[_Text] | None = Field(None, description="The fields that the model reads; without effect.")
    target_language: _Text | None = Field(None, description="The language to translate into; without effect.")
    language: _Text | None = Field(None, description="The language of the result; without effect.")
    temperature: ExactNumber | None = Field(None, description="How freely the model writes; without effect.")
    max_tokens: int | None = Field(None, description="How much the model writes; without effect.")
    trigger: _Text | dict[str, Any] | None = Field(None, description="When the model runs; without effect.")
    auto_generate: bool | None = Field(None, description="Whether the model runs by itself; without effect.")
