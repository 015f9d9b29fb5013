from __future__ import annotations

from dataclasses import replace

from benchmarks.report import Measurement, render


def measurement(scenario: str, target: str, cpu: float, aim: float | None = None, database: float = 0.0) -> Measurement:
    return Measurement(scenario, target, 1234.5, 1.0, 2.0, cpu, database, aim)


def test_the_report_compares_with_bare_and_with_the_aim() -> None:
    report = render(
        [
            measurement("get one", "bare", 0.1),
            measurement("get one", "sqlite", 0.25, aim=0.3),
            measurement("get one", "postgresql", 0.7, aim=0.6, database=0.3),
            measurement("dispatch alone", "bare", 0.1),
            measurement("dispatch alone", "sqlite", 0.13),
        ],
        ["fsync=on"],
    )
    assert report.splitlines() == [
        "- fsync=on",
        "",
        "| scenario | on | requests/s | p50 ms | p99 ms | CPU ms a request | of it the database | × bare | aim |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|",
        "| get one | bare | 1,234 | 1.00 | 2.00 | 0.100 |  | 1.00 |  |",
        "| get one | sqlite | 1,234 | 1.00 | 2.00 | 0.250 |  | 2.50 | ≤ 0.3 ms: reached |",
        "| get one | postgresql | 1,234 | 1.00 | 2.00 | 0.700 | 0.300 | 7.00 | ≤ 0.6 ms: missed |",
        "| dispatch alone | bare | 1,234 | 1.00 | 2.00 | 0.100 |  | 1.00 |  |",
        "| dispatch alone | sqlite | 1,234 | 1.00 | 2.00 | 0.130 |  | 1.30 | ≤ 1.2 × bare: missed |",
    ]


def test_a_scenario_is_compared_with_another_of_the_same_server() -> None:
    report = render(
        [
            measurement("get one", "sqlite", 0.25),
            measurement("get one", "postgresql", 0.5),
            replace(measurement("with a session", "sqlite", 0.375, aim=0.15), compared_with="get one"),
            replace(measurement("with a session", "postgresql", 0.75), compared_with="get one"),
            replace(measurement("under a rule", "sqlite", 0.375), compared_with="get one", at_most=1.3),
            replace(measurement("while others sign in", "sqlite", 0.0), p99=5.0, compared_with="get one"),
        ],
        [],
    )
    assert report.splitlines()[-4:] == [
        "| with a session | sqlite | 1,234 | 1.00 | 2.00 | 0.375 |  |  | 0.125 ms beyond get one, ≤ 0.15 ms: reached |",
        "| with a session | postgresql | 1,234 | 1.00 | 2.00 | 0.750 |  |  | 0.250 ms beyond get one |",
        "| under a rule | sqlite | 1,234 | 1.00 | 2.00 | 0.375 |  |  | × 1.50 of get one, ≤ × 1.3: missed |",
        "| while others sign in | sqlite | 1,234 | 1.00 | 5.00 |  |  |  | p50 × 1.00, p99 × 2.50 of get one |",
    ]
