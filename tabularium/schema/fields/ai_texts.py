"""`ai-generate`, `ai-summary`, `ai-translate`, `ai-sentiment`: text that a model would write; here clients do."""

from __future__ import annotations

from tabularium.schema.fields.ai_options import NOTICE, PRIVATE, AiOptions
from tabularium.schema.fields.long_text import LongTextOptions, LongTextType


class AiTextOptions(AiOptions, LongTextOptions):
    """The options of the types of generated text."""


class _AiTextType(LongTextType):
    Options = AiTextOptions
    options: AiTextOptions
    notice = NOTICE
    private_options = PRIVATE


class AiGenerateType(_AiTextType):
    """A text."""

    names = ("ai-generate",)


class AiSummaryType(_AiTextType):
    """A summary of other fields."""

    names = ("ai-summary",)


class AiTranslateType(_AiTextType):
    """A translation of another field."""

    names = ("ai-translate",)


class AiSentimentType(_AiTextType):
    """The mood of another field."""

    names = ("ai-sentiment",)
