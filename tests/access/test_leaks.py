"""Two worlds that differ only in what a caller may not read have the same answers for that caller, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.access.leaks.answers import answers
from tests.access.leaks.application import TABLES
from tests.access.leaks.probes import probes, with_own_task
from tests.access.leaks.questions import Question, questions
from tests.access.leaks.storing import Storing
from tests.access.leaks.worlds import Twins, twins
from tests.access.rows import opened
from tests.support.callers import Callers
from tests.support.effort import examples


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder = tmp_path_factory.mktemp("leaks")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(folder, url, TABLES) as found:
        yield Callers(found)


# One question shows a leak by itself, so smaller worlds would not explain it better than they take to find.
SEARCH = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=examples(12), phases=SEARCH, suppress_health_check=list(HealthCheck))
@given(worlds=twins(), asked=questions())
def test_nobody_learns_of_what_they_may_not_read(desk: Callers, worlds: Twins, asked: list[Question]) -> None:
    ask_both(desk, worlds, asked)


@settings(max_examples=examples(6), phases=SEARCH, suppress_health_check=list(HealthCheck))
@given(worlds=twins())
def test_no_refusal_and_no_write_tells_of_a_hidden_row(desk: Callers, worlds: Twins) -> None:
    ask_both(desk, replace(worlds, first=with_own_task(worlds.first), second=with_own_task(worlds.second)), probes())


def ask_both(desk: Callers, worlds: Twins, asked: list[Question]) -> None:
    storing, caller = Storing(desk, worlds.caller), desk[worlds.caller]
    storing.store(worlds.first)
    first = answers(caller, asked)
    storing.store(worlds.second)
    second = answers(caller, asked)
    for question, one, other in zip(asked, first, second, strict=True):
        assert one == other, (worlds.caller, question)
