"""How the command behaves beside others: in pipes, under signals, in scripts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from gpen_core.cli import main
from gpen_core.cli.signals import Told, stopping_in_order


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_quiet_prints_failures_only(picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "broken.png").write_bytes(b"nothing")
    words = ["restore", str(picture), str(tmp_path / "broken.png"), "-o", str(tmp_path / "out"), "--quiet"]
    assert main(words) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split(":")[0] for line in printed.err.splitlines() if line.strip()][0] == "failed"
    assert (tmp_path / "out" / "a.png").is_file()


@pytest.mark.parametrize("command", ["restore", "faces", "advise"])
def test_an_empty_path_is_not_the_current_folder(command: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main([command, "", *(["-o", "out"] if command == "restore" else [])])
    assert "the path is empty" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        command = [sys.executable, "-m", "gpen_core.cli", "info"]
        ended = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 141
    assert ended.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_in_order(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Told) as told, stopping_in_order():
        signal.raise_signal(number)
    assert told.value.code == 128 + number
    assert signal.getsignal(number) is before


def test_the_second_signal_ends_at_once() -> None:
    code = (
        "import signal; from gpen_core.cli.signals import stopping_in_order\n"
        "with stopping_in_order():\n"
        "    try: signal.raise_signal(signal.SIGTERM)\n"
        "    finally: signal.raise_signal(signal.SIGINT); print('not reached')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stdout) == (130, "")


def test_other_threads_may_run_commands(capsys: pytest.CaptureFixture) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["weights", "list"])))
    thread.start()
    thread.join()
    assert codes == [0]
