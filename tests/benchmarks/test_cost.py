from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.cost import parent, processor_seconds, tree

BURN = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"


def test_the_time_of_a_child_that_has_ended_is_counted() -> None:
    before = processor_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert processor_seconds(os.getpid()) - before >= 0.19


def test_a_running_child_belongs_to_the_tree() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in tree(os.getpid())
        assert parent(child.pid) == os.getpid()
        child.communicate(b"\n")


def test_a_process_that_is_gone_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert parent(child.pid) is None
    assert processor_seconds(child.pid) == 0
