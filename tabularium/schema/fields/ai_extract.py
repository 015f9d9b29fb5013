"""`ai-extract`: what a model would read out of other fields, as JSON; here clients write it."""

from __future__ import annotations

from tabularium.schema.fields.ai_options import NOTICE, PRIVATE, AiOptions
from tabularium.schema.fields.json import JsonOptions, JsonType


class AiExtractOptions(AiOptions, JsonOptions):
    """The options of `ai-extract`."""


class AiExtractType(JsonType):
    """Any JSON."""

    names = ("ai-extract",)
    Options = AiExtractOptions
    options: AiExtractOptions
    notice = NOTICE
    private_options = PRIVATE
