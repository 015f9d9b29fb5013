from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tools import audit


class Service:
    """Stands in for pip-audit: answers with what a test gives it, and counts the questions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer: list[dict[str, Any]] | str = []
        self.questions = 0
        monkeypatch.setattr(subprocess, "run", self._run)
        monkeypatch.delenv("AUDIT", raising=False)

    def _run(self, *arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        self.questions += 1
        output = self.answer if isinstance(self.answer, str) else json.dumps({"dependencies": self.answer})
        return subprocess.CompletedProcess([], 0, output, "")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(monkeypatch)


@pytest.mark.parametrize("answer", ["", [{"name": "alembic", "skip_reason": "not found"}]])
def test_a_service_that_does_not_answer_is_said_and_passes(
    service: Service, answer: list[dict[str, Any]] | str, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answer = answer
    assert audit.main() == 0
    assert service.questions == 1
    assert capsys.readouterr().out.startswith("NOT AUDITED")


def test_a_service_that_does_not_answer_fails_where_the_audit_is_required(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT", "require")
    service.answer = ""
    assert audit.main() == 1


def test_a_known_vulnerability_fails_and_names_the_version_that_mends_it(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answer = [{"name": "alembic", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}]
    assert audit.main() == 1
    assert "alembic 1.0: PYSEC-1, mended in 1.1" in capsys.readouterr().out


def test_packages_without_vulnerabilities_pass(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.answer = [{"name": "alembic", "version": "1.0", "vulns": []}]
    assert audit.main() == 0
    assert capsys.readouterr().out == "No known vulnerabilities.\n"
