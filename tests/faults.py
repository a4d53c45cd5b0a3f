"""Ends processes amid their work with files, as `kill -9` or a power failure would, and looks at what is left.

python tests/faults.py FOLDER                  ends each work at each of its steps
python tests/faults.py FOLDER --random 20      ends each work at that many random moments
python tests/faults.py FOLDER --two            does each work in two processes at once

Prints a JSON object: for each work how many times it was ended and what was not as promised. The promise: the file is
as before or as it should be, nothing else in the folder is taken for one, and the work succeeds when it is done again.

A step is an event of `sys.addaudithook` (a file opened, renamed or removed, a folder made) or a block that has arrived.
The processes are forked from this one, which has imported everything and runs nothing in threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import torch
from networks import tiny_generator

from gpen_core.checkpoints import CatalogEntry, convert, fetch, load_generator_from, load_pruned_generator
from gpen_core.cli.json_file import write_json_file
from gpen_core.errors import GPENError
from gpen_core.image import read_picture, write_picture

_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.copymode")
_WEIGHTS = b"PK\x03\x04" + np.random.default_rng(0).bytes(1 << 20)
_ENTRIES = [{"face": number} for number in range(500)]

_step: Callable[[], None] = lambda: None  # noqa: E731 - set in the process that is to end


@dataclass(frozen=True)
class Work:
    """run: writes `target` in the folder given. whole: whether that file is as it should be, or raises."""

    target: str
    run: Callable[[Path], object]
    whole: Callable[[Path], bool]
    replaces: bool = False


def _save(folder: Path) -> None:
    write_picture(folder / "a.png", torch.full((40, 50, 3), 0.5), None, "png", overwrite=True)


def _download(folder: Path) -> None:
    digest = hashlib.sha256(_WEIGHTS).hexdigest()
    entry = CatalogEntry("net.pth", "generator", (_address,), len(_WEIGHTS), digest, "", "")
    fetch(entry, folder, lambda done, total: _step())


def _is_network(path: Path) -> bool:
    return load_generator_from(path) is not None


WORKS = {
    "save": Work("a.png", _save, lambda path: read_picture(path).pixels.shape == (40, 50, 3), replaces=True),
    "report": Work(
        "r.json",
        lambda folder: write_json_file(folder / "r.json", _ENTRIES),
        lambda path: json.loads(path.read_text()) == _ENTRIES,
        replaces=True,
    ),
    "convert": Work(
        "net.safetensors",
        lambda folder: convert(folder / "source.bin", folder / "net.safetensors", overwrite=True),
        _is_network,
        replaces=True,
    ),
    "prune": Work("*.pruned-*.safetensors", lambda folder: load_pruned_generator(folder / "source.bin"), _is_network),
    "download": Work("net.pth", _download, lambda path: path.read_bytes() == _WEIGHTS),
}
_OLD = b"what was there before"
_REFUSED = 2  # exit code, where an error says what to do


def _prepare(folder: Path, work: Work, source: bytes) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "source.bin").write_bytes(source)
    if work.replaces:
        (folder / work.target).write_bytes(_OLD)


def _trouble(folder: Path, work: Work, done: bool) -> str | None:
    """What is not as promised in a folder after an end, or None. done: whether the file must be there."""
    found = list(folder.glob(work.target))
    try:
        for path in found:
            if not (work.replaces and not done and path.read_bytes() == _OLD) and not work.whole(path):
                return f"{path.name} is wrong"
    except Exception as error:
        return f"{found}: {error!r}"
    if done and len(found) != 1:
        return f"{len(found)} files"
    return "the earlier file is gone" if work.replaces and not found else None


def _forked(work: Work, folder: Path, end_at: int | None) -> int:
    """Start the work in a process of its own, which ends before step number `end_at`. Returns its number."""
    if child := os.fork():
        return child
    steps = 0

    def step() -> None:
        nonlocal steps
        if steps == end_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1

    def heard(event: str, args: tuple[object, ...]) -> None:
        if event in _EVENTS and any(str(folder) in str(value) for value in args):
            step()

    globals()["_step"] = step
    sys.addaudithook(heard)
    try:
        work.run(folder)
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
        sys.stderr.flush()
        os._exit(_REFUSED if isinstance(error, GPENError) else 1)
    os._exit(0)


def _left(work: Work, folder: Path) -> str | None:
    """What is not as promised after an end, and after the work has then been done again."""
    if trouble := _trouble(folder, work, done=False):
        return trouble
    if code := os.waitpid(_forked(work, folder, None), 0)[1]:
        return f"again: {code}"
    return _trouble(folder, work, done=True)


def end_at_steps(work: Work, folder: Path, source: bytes) -> tuple[int, list[str]]:
    """Ends at every step; how many there were, and what was not as promised."""
    troubles: list[str] = []
    for step in range(200):
        _prepare(folder, work, source)
        code = os.waitpid(_forked(work, folder, step), 0)[1]
        if code == 0:
            return step, troubles
        trouble = f"code {code}" if code != signal.SIGKILL else _left(work, folder)
        troubles += [f"step {step}: {trouble}"] if trouble else []
    raise AssertionError("no end of steps")


def end_at_moments(work: Work, folder: Path, source: bytes, times: int) -> tuple[int, list[str]]:
    """Ends at random moments of the time that the work takes."""
    _prepare(folder, work, source)
    start = time.perf_counter()
    os.waitpid(_forked(work, folder, None), 0)
    longest, troubles = time.perf_counter() - start, []
    for _ in range(times):
        _prepare(folder, work, source)
        moment = random.uniform(0, longest)
        child = _forked(work, folder, None)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if trouble := _left(work, folder):
            troubles.append(f"{moment:.4f} s: {trouble}")
    return times, troubles


def two_at_once(work: Work, folder: Path, source: bytes) -> tuple[int, list[str]]:
    """The work in two processes that begin at the same time: both succeed, or one is told that the other is at it."""
    allowed = (0, _REFUSED << 8)
    troubles: list[str] = []
    for _ in range(3):
        _prepare(folder, work, source)
        children = [_forked(work, folder, None) for _ in range(2)]
        codes = [os.waitpid(child, 0)[1] for child in children]
        trouble = _trouble(folder, work, done=True)
        troubles += [f"{codes}: {trouble}"] if trouble or min(codes) or max(codes) not in allowed else []
    return 3, troubles


class _Sender(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(_WEIGHTS) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(_WEIGHTS) - 1}/{len(_WEIGHTS)}")
        self.end_headers()
        self.wfile.write(_WEIGHTS[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: clients end on purpose."""


def main(folder: Path, how: str, times: int) -> None:
    torch.set_num_threads(1)  # a forked process has none of the threads of its parent
    torch.save(tiny_generator(64, narrow=1 / 16, channel_multiplier=1).state_dict(), folder / "source.pth")
    source = (folder / "source.pth").read_bytes()
    ways = {
        "--random": lambda work, own: end_at_moments(work, own, source, times),
        "--two": lambda work, own: two_at_once(work, own, source),
        "": lambda work, own: end_at_steps(work, own, source),
    }
    sys.stdout.write(json.dumps({name: ways[how](work, folder / name) for name, work in WORKS.items()}) + "\n")


if __name__ == "__main__":
    os.environ["no_proxy"] = "*"
    _server = _Server(("127.0.0.1", 0), _Sender)
    threading.Thread(target=_server.serve_forever, daemon=True).start()
    _address = f"http://127.0.0.1:{_server.server_address[1]}/"
    _how, _times = (*sys.argv[2:4], *("", "20")[len(sys.argv[2:4]) :])
    main(Path(sys.argv[1]), _how, int(_times))
