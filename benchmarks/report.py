"""What a run of the benchmark says, as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DISPATCH_AIM = 1.2
"""The most that dispatch alone may cost, as a multiple of bare Starlette."""

_HEADER = """\
| scenario | on | requests/s | p50 ms | p99 ms | CPU ms a request | of it the database | × bare | aim |
|---|---|---:|---:|---:|---:|---:|---:|---|
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One scenario on one server. CPU is processor milliseconds a request, the database's processes included.

    It is 0 where it cannot be told from what others did at the same time.
    """

    scenario: str
    target: str
    requests_per_second: float
    p50: float
    p99: float
    cpu: float
    database_cpu: float
    aim: float | None = None
    compared_with: str | None = None
    """Another scenario on the same server: the aim is what this one may cost beyond it."""
    at_most: float | None = None
    """In place of such an aim: the most that this one may cost, as a multiple of the other."""


def render(measurements: Iterable[Measurement], settings: Iterable[str]) -> str:
    """Return the settings as a list and the measurements as a table. The others are divided by the target `bare`."""
    measured = list(measurements)
    bare = {each.scenario: each.cpu for each in measured if each.target == "bare"}
    by_name = {(each.scenario, each.target): each for each in measured}
    lines = "".join(
        _row(each, bare.get(each.scenario, 0.0), by_name.get((each.compared_with or "", each.target)))
        for each in measured
    )
    return "".join(f"- {line}\n" for line in settings) + "\n" + _HEADER + lines


def _row(each: Measurement, bare: float, other: Measurement | None) -> str:
    ratio = each.cpu / bare if bare else 0.0
    cells = [
        each.scenario,
        each.target,
        f"{each.requests_per_second:,.0f}",
        f"{each.p50:.2f}",
        f"{each.p99:.2f}",
        f"{each.cpu:.3f}" if each.cpu else "",
        f"{each.database_cpu:.3f}" if each.database_cpu else "",
        f"{ratio:.2f}" if ratio else "",
        _verdict(each, ratio) if other is None else _comparison(each, other),
    ]
    return "| " + " | ".join(cells) + " |\n"


def _verdict(each: Measurement, ratio: float) -> str:
    if each.target == "bare":
        return ""
    if each.scenario.startswith("dispatch"):
        return f"≤ {DISPATCH_AIM} × bare: {'reached' if ratio <= DISPATCH_AIM else 'missed'}"
    if each.aim is None:
        return ""
    return f"≤ {each.aim} ms: {'reached' if each.cpu <= each.aim else 'missed'}"


def _comparison(each: Measurement, other: Measurement) -> str:
    if each.aim is not None:
        beyond = each.cpu - other.cpu
        reached = "reached" if beyond <= each.aim else "missed"
        return f"{beyond:.3f} ms beyond {other.scenario}, ≤ {each.aim} ms: {reached}"
    if each.at_most is not None and other.cpu:
        ratio = each.cpu / other.cpu
        reached = "reached" if ratio <= each.at_most else "missed"
        return f"× {ratio:.2f} of {other.scenario}, ≤ × {each.at_most}: {reached}"
    if not each.cpu:
        return f"p50 × {each.p50 / other.p50:.2f}, p99 × {each.p99 / other.p99:.2f} of {other.scenario}"
    return f"{each.cpu - other.cpu:.3f} ms beyond {other.scenario}"
