from __future__ import annotations

import re

from tests.cli.conftest import Command


def test_a_secret_is_printed_alone_and_never_twice(command: Command) -> None:
    first, second = command("secret", "generate"), command("secret", "generate")
    assert first.exit_code == second.exit_code == 0
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", first.output)
    assert first.output != second.output
