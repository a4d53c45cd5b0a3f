"""Fetching files from a server on this computer that behaves well, badly or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gpen_core.checkpoints import CatalogEntry, fetch
from gpen_core.errors import CheckpointError

DATA = b"PK\x03\x04" + bytes(range(4, 256)) + bytes(range(256)) * 4095  # 1 MiB, begun as a PyTorch archive
DIGEST = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers each path by the behaviour of that name, and remembers who asked for what."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str | None]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing when a client hangs up early, as some of these tests make it do."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def ranges(self) -> list[str | None]:
        return [asked for _, asked in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, asked = self.path.strip("/"), self.headers.get("Range")
        self.requests.append((path, asked))
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        getattr(self, f"serve_{path}")(start)

    @property
    def requests(self) -> list[tuple[str, str | None]]:
        assert isinstance(self.server, Server)
        return self.server.requests

    def is_first(self) -> bool:
        return len(self.requests) == 1

    def serve_good(self, start: int) -> None:
        if start >= len(DATA):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(DATA)}"})
        elif start:
            self.answer(206, DATA[start:], {"Content-Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"})
        else:
            self.answer(200, DATA)

    def serve_redirect(self, start: int) -> None:
        self.answer(302, b"", {"Location": "/good"})

    def serve_no_ranges(self, start: int) -> None:
        self.answer(200, DATA)

    def serve_no_length(self, start: int) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(DATA)

    def serve_drops_once(self, start: int) -> None:
        if start:
            self.serve_good(start)
        else:
            self.answer(200, DATA[: len(DATA) // 2], {"Content-Length": str(len(DATA))})

    def serve_drops_always(self, start: int) -> None:
        self.answer(200, DATA[:100], {"Content-Length": str(len(DATA))})

    def serve_busy_once(self, start: int) -> None:
        if self.is_first():
            self.answer(503, b"busy")
        else:
            self.serve_good(start)

    def serve_wrong_part(self, start: int) -> None:
        if start:
            self.answer(206, DATA, {"Content-Range": f"bytes 1-{len(DATA) - 1}/{len(DATA)}"})
        elif self.is_first():
            self.serve_drops_once(start)
        else:
            self.serve_good(start)

    def serve_corrupt(self, start: int) -> None:
        self.answer(200, DATA[::-1])

    def serve_short(self, start: int) -> None:
        self.answer(200, DATA[:-1])

    def serve_page(self, start: int) -> None:
        self.answer(200, b"<html>Log in first</html>", {"Content-Type": "text/html; charset=utf-8"})

    def serve_disguised_page(self, start: int) -> None:
        self.answer(200, b"<!DOCTYPE html>" + bytes(len(DATA) - 15))

    def serve_lfs_pointer(self, start: int) -> None:
        self.answer(200, b"version https://git-lfs.github.com/spec/v1\n".ljust(len(DATA)))

    def serve_missing(self, start: int) -> None:
        self.answer(404, b"not here")

    def serve_empty(self, start: int) -> None:
        self.answer(200, b"")

    def serve_endless(self, start: int) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):  # until nobody listens
            while True:
                self.wfile.write(DATA)

    def serve_bad_length(self, start: int) -> None:
        self.answer(200, DATA, {"Content-Length": "many"})

    def serve_bad_range(self, start: int) -> None:
        self.answer(206, DATA, {"Content-Range": f"bytes 0-{'9' * 5000}/{'9' * 5000}"})

    def serve_bad_redirect(self, start: int) -> None:
        self.answer(302, b"", {"Location": "http://[broken"})

    def serve_denied(self, start: int) -> None:
        self.answer(200, b"Access denied")

    def serve_other(self, start: int) -> None:
        self.answer(200, b"PK\x03\x04 another version")

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test output clean."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr("gpen_core.checkpoints.transfer._RETRY_WAIT", 0.0)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


EntryOf = Callable[..., CatalogEntry]


@pytest.fixture
def entry_of(server: Server) -> EntryOf:
    """Makes the entry of a file that the given paths of the server are to deliver."""

    def make(*paths: str, size: int | None = len(DATA), sha256: str | None = DIGEST) -> CatalogEntry:
        urls = tuple(server.url(path) for path in paths)
        return CatalogEntry("net.pth", "generator", urls, size, sha256, terms="", note="")

    return make


@pytest.mark.parametrize(
    "behaviour", ["good", "redirect", "no_ranges", "no_length", "drops_once", "busy_once", "wrong_part"]
)
def test_the_file_arrives_whole(tmp_path: Path, entry_of: EntryOf, behaviour: str) -> None:
    path = fetch(entry_of(behaviour), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "net.pth"
    assert path.read_bytes() == DATA
    assert list(path.parent.iterdir()) == [path]


def test_a_dropped_connection_is_taken_up_where_it_broke(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    fetch(entry_of("drops_once"), tmp_path)
    assert server.ranges() == [None, f"bytes={len(DATA) // 2}-"]


def test_an_earlier_part_is_completed(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth.part").write_bytes(DATA[:1000])
    assert fetch(entry_of("good"), tmp_path).read_bytes() == DATA
    assert server.ranges() == ["bytes=1000-"]
    assert not (tmp_path / "net.pth.part").exists()


def test_a_complete_part_needs_no_server(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth.part").write_bytes(DATA)
    assert fetch(entry_of("missing"), tmp_path).read_bytes() == DATA
    assert server.requests == []


def test_a_complete_part_of_unknown_size_is_accepted(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth.part").write_bytes(DATA)
    assert fetch(entry_of("good", size=None), tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("part", [DATA[1:1000], DATA + b"too long", bytes(len(DATA))])
def test_a_spoilt_part_is_fetched_anew(tmp_path: Path, entry_of: EntryOf, part: bytes) -> None:
    (tmp_path / "net.pth.part").write_bytes(part)
    assert fetch(entry_of("good"), tmp_path).read_bytes() == DATA


def test_a_server_without_ranges_starts_over(tmp_path: Path, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth.part").write_bytes(bytes(1000))
    assert fetch(entry_of("no_ranges"), tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("missing", "answered 404"),
        ("page", "web page"),
        ("disguised_page", "web page"),
        ("lfs_pointer", "LFS pointer"),
        ("short", "offers 1,048,575 bytes, expected 1,048,576"),
        ("corrupt", "has SHA-256 [0-9a-f]{64}, expected " + DIGEST),
        ("drops_always", "ended after 100 of 1,048,576 bytes, 5 times"),
        ("endless", "sends more than the 1,048,576 bytes"),
        ("bad_range", "without saying which"),
        ("bad_redirect", "cannot be followed"),
    ],
)
def test_a_bad_mirror_is_named_and_nothing_kept_of_it(
    tmp_path: Path, server: Server, entry_of: EntryOf, behaviour: str, reason: str
) -> None:
    with pytest.raises(CheckpointError, match=reason) as error:
        fetch(entry_of(behaviour), tmp_path)
    assert f"{server.url(behaviour)}: " in str(error.value)
    assert not (tmp_path / "net.pth").exists()


@pytest.mark.parametrize(
    "behaviour",
    ["missing", "page", "short", "corrupt", "drops_always", "empty", "endless", "bad_range", "bad_redirect"],
)
def test_the_next_mirror_steps_in(tmp_path: Path, server: Server, entry_of: EntryOf, behaviour: str) -> None:
    assert fetch(entry_of(behaviour, "good"), tmp_path).read_bytes() == DATA
    assert server.paths()[-1] == "good"


def test_the_next_mirror_goes_on_where_the_first_broke(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    fetch(entry_of("drops_always", "good"), tmp_path)
    assert server.requests[-1] == ("good", "bytes=100-")


def test_without_a_known_hash_mirrors_are_not_mixed(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth.part").write_bytes(DATA[:50])
    fetch(entry_of("drops_always", "good", sha256=None), tmp_path)
    assert server.requests[0] == ("drops_always", None)
    assert server.requests[-1] == ("good", None)


def test_a_length_that_is_no_number_is_passed_over(tmp_path: Path, entry_of: EntryOf) -> None:
    assert fetch(entry_of("bad_length"), tmp_path).read_bytes() == DATA


def test_an_error_text_is_no_network(tmp_path: Path, entry_of: EntryOf) -> None:
    with pytest.raises(CheckpointError, match="what arrived is a file of unknown format, no network"):
        fetch(entry_of("denied", size=None, sha256=None), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_text_stored_earlier_is_no_network(tmp_path: Path, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth").write_bytes(b"Access denied")
    with pytest.raises(CheckpointError, match="is a file of unknown format, no network"):
        fetch(entry_of("good", size=None, sha256=None), tmp_path)


def test_fetching_again_replaces_what_was_recorded(tmp_path: Path, entry_of: EntryOf) -> None:
    fetch(entry_of("other", size=None, sha256=None), tmp_path).unlink()
    path = fetch(entry_of("good", sha256=None), tmp_path)
    assert json.loads((tmp_path / "net.pth.sha256.json").read_text())["sha256"] == DIGEST
    assert fetch(entry_of("other", sha256=None), tmp_path) == path


def test_all_failures_and_the_way_by_hand_are_told(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    with pytest.raises(CheckpointError) as error:
        fetch(entry_of("missing", "page"), tmp_path)
    text = str(error.value)
    assert text.splitlines()[0] == "net.pth could not be fetched from any of 2 addresses."
    assert re.search("/missing: .*404", text) and re.search("/page: .*web page", text)
    assert str(tmp_path / "net.pth") in text and DIGEST in text and "1,048,576 bytes" in text
    assert list(tmp_path.iterdir()) == []


def test_no_server_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("waited for a server that is not there"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # a port where nobody listens
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/net.pth"
        entry = CatalogEntry("net.pth", "generator", (url,), None, DIGEST, terms="", note="")
        with pytest.raises(CheckpointError, match=r"no connection.*\n.*offline"):
            fetch(entry, tmp_path)


def test_a_verified_file_is_returned_without_asking(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth").write_bytes(DATA)
    assert fetch(entry_of("missing"), tmp_path) == tmp_path / "net.pth"
    assert server.requests == []


def test_a_different_file_is_left_alone(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    (tmp_path / "net.pth").write_bytes(b"my own")
    with pytest.raises(CheckpointError, match=r"not the expected file.*6 bytes"):
        fetch(entry_of("good"), tmp_path)
    assert (tmp_path / "net.pth").read_bytes() == b"my own"
    assert server.requests == []


def test_without_a_folder_a_file_found_anywhere_will_do(
    tmp_path: Path, server: Server, entry_of: EntryOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPEN_WEIGHTS", str(tmp_path))
    path = fetch(entry_of("good"))
    assert path == tmp_path / "net.pth"
    assert fetch(entry_of("missing")) == path


def test_an_unpublished_hash_is_recorded(tmp_path: Path, entry_of: EntryOf) -> None:
    fetch(entry_of("good", sha256=None), tmp_path)
    assert json.loads((tmp_path / "net.pth.sha256.json").read_text())["sha256"] == DIGEST


def test_a_file_that_changed_since_it_was_recorded_is_reported(tmp_path: Path, entry_of: EntryOf) -> None:
    entry = entry_of("good", size=None, sha256=None)
    fetch(entry, tmp_path).write_bytes(b"PK\x03\x04 another version")
    with pytest.raises(CheckpointError, match="when first seen"):
        fetch(entry, tmp_path)


def test_progress_runs_to_the_end(tmp_path: Path, entry_of: EntryOf) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(entry_of("good"), tmp_path, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, len(DATA)) and seen[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_progress_knows_no_end_where_nobody_does(tmp_path: Path, entry_of: EntryOf) -> None:
    seen: list[int | None] = []
    fetch(entry_of("no_length", size=None), tmp_path, lambda done, total: seen.append(total))
    assert set(seen) == {None}


def test_an_interrupted_transfer_is_resumed_later(tmp_path: Path, server: Server, entry_of: EntryOf) -> None:
    def interrupt(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(entry_of("good"), tmp_path, interrupt)
    kept = (tmp_path / "net.pth.part").stat().st_size
    assert 0 < kept < len(DATA)
    assert fetch(entry_of("good"), tmp_path).read_bytes() == DATA
    assert server.ranges()[-1] == f"bytes={kept}-"


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path, entry_of: EntryOf) -> None:
    refused: list[str] = []

    def try_again(done: int, total: int | None) -> None:
        if not refused:
            with pytest.raises(CheckpointError, match="by another process") as error:
                fetch(entry_of("good"), tmp_path)
            refused.append(str(error.value))

    assert fetch(entry_of("good"), tmp_path, try_again).read_bytes() == DATA
    assert refused


def test_a_full_disk_is_noticed_before(
    tmp_path: Path, server: Server, entry_of: EntryOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(CheckpointError, match="Not enough disk space"):
        fetch(entry_of("good", "good"), tmp_path)
    assert server.paths() == ["good"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, entry_of: EntryOf) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CheckpointError, match="cannot be stored"):
        fetch(entry_of("good"), tmp_path / "file")
