"""Tag `activity`: who did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.activity import reading
from tabularium.activity.parameters import ActivityParameters
from tabularium.context import Context


async def list_activities(context: Context, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/activity`."""
    return await reading.list_activities(context, ActivityParameters(**query))


async def get_activity(context: Context, activity_id: str) -> dict[str, Any]:
    """Answer `GET /api/activity/{activityId}`."""
    return await reading.get_activity(context, activity_id)
