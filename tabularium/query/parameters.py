"""The parameters of reads as they came, before anything is checked against a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Count = Literal["exact", "estimate", "none"]
Form = Literal["raw", "display"]


@dataclass(frozen=True, slots=True)
class ListParameters:
    """The parameters of a list as they came; `None` where one was not given."""

    limit: int | None = None
    offset: int | None = None
    page: int | None = None
    cursor: str | None = None
    count: str = "exact"
    fields: Sequence[str] | None = None
    sort: str | None = None
    order: str | None = None
    filter: str | None = None
    filter_by_formula: str | None = None
    q: str | None = None
    aggregate: str | None = None
    group_by: str | None = None
    view: str | None = None
    format: Form = "raw"
    timezone: str | None = None
    include_deleted: str | None = None
    deleted: bool | None = None

    @property
    def asks_for_deleted(self) -> bool:
        """Whether records in the trash are asked for."""
        return self.include_deleted not in (None, "false") or self.deleted is True


@dataclass(frozen=True, slots=True)
class GetParameters:
    """The parameters of reading one record as they came; `None` where one was not given."""

    fields: Sequence[str] | None = None
    format: Form = "raw"
    timezone: str | None = None
    include_deleted: bool = False
