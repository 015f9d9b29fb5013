"""Where results go: whole files, links, devices and full disks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server.cli.failures import Failed
from server.cli.output import write_file


def break_off(path: Path) -> None:
    with write_file(path) as out:
        out.write(b"half")
        raise ZeroDivisionError


def test_a_file_is_replaced_only_when_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "results" / "out.csv"
    path.parent.mkdir()
    path.write_bytes(b"former")
    with pytest.raises(ZeroDivisionError):
        break_off(path)
    assert path.read_bytes() == b"former"
    with write_file(path) as out:
        out.write(b"whole")
        assert path.read_bytes() == b"former"
    assert path.read_bytes() == b"whole"
    assert [each.name for each in path.parent.iterdir()] == ["out.csv"]


def test_a_link_stays_a_link_and_what_it_points_at_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out.csv")
    with write_file(tmp_path / "link") as out:
        out.write(b"whole")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out.csv").read_bytes() == b"whole"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="There are no pipes with a name.")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with write_file(pipe) as out:
        out.write(b"all")
    reader.join()
    assert received == [b"all"]
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(Failed, match=r"nowhere/out\.csv cannot be written: No such file"),
        write_file(tmp_path / "nowhere" / "out.csv"),
    ):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="There is no device that is always full.")
def test_a_full_disk_under_standard_output_is_said_and_no_stack_shown() -> None:
    code = "from server.cli import main; main(['openapi', 'examples/crm/app.yaml'])"
    root = Path(__file__).parents[2]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, cwd=root)
    assert done.returncode == 1
    assert done.stderr == "Standard output cannot be written: No space left on device.\n"
