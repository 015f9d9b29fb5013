"""Better Auth's own JavaScript client against the server as users start it: what it can do works unchanged."""

from __future__ import annotations

import pytest

from tests.client.conftest import HERE, Failures, Run

FLOWS = tuple(sorted(path.stem for path in (HERE / "flows").glob("*.js")))
RUNS = (Run("1.6", "sqlite"), Run("1.6", "postgresql"), Run("1.7", "sqlite"))


def _marked(run: Run) -> object:
    marks = [pytest.mark.postgresql] if run.database == "postgresql" else []
    return pytest.param((run, FLOWS), id=str(run), marks=marks)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("failures", [_marked(run) for run in RUNS], indirect=True)
def test_the_client_of_better_auth_works_unchanged(failures: Failures, flow: str) -> None:
    assert failures[flow] is None, failures[flow]


def test_the_lock_files_name_no_host_that_packages_come_from() -> None:
    for file in HERE.glob("better-auth-*/package-lock.json"):
        assert '"resolved"' not in file.read_text(encoding="utf-8")
