"""A ComfyUI server of its own for a test run, and a client for its HTTP and websocket interface."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websocket

PACK = "gpen-face-restoration"
Graph = dict[str, dict[str, Any]]

_REPOSITORY = Path(__file__).resolve().parents[2]
_ENDINGS = ("execution_success", "execution_error", "execution_interrupted")


@dataclass
class Run:
    """What a prompt did. events: the websocket's messages. outputs: from the history."""

    prompt_id: str
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def ending(self) -> str:
        return self.events[-1][0]

    @property
    def executed(self) -> list[str]:
        """The nodes that ran, in order; those taken from ComfyUI's cache are not among them."""
        started = [data["node"] for kind, data in self.events if kind == "executing" and data.get("node")]
        return list(dict.fromkeys(started))

    @property
    def error(self) -> dict[str, Any]:
        kind, data = self.events[-1]
        assert kind == "execution_error", f"{kind}: {data}"
        return data

    @property
    def texts(self) -> dict[str, str]:
        """What the front end is told to show inside nodes."""
        told = [data for kind, data in self.events if kind == "executed" and "gpen_text" in (data["output"] or {})]
        return {data["node"]: "\n".join(data["output"]["gpen_text"]) for data in told}

    def progress(self, node: str) -> list[tuple[float, float]]:
        """(value, max) as they came in for one node."""
        return [
            (data["value"], data["max"]) for kind, data in self.events if kind == "progress" and data["node"] == node
        ]

    def require_success(self) -> Run:
        kind, data = self.events[-1]
        assert kind == "execution_success", f"{kind}: {data.get('node_type')}: {data.get('exception_message', data)}"
        return self


class ComfyServer:
    """`with ComfyServer(checkout, python, base, "--fp16-intermediates") as comfy`: runs until the block ends.

    Everything it writes lies in `base`; the checkout is not touched. The pack and the probe are linked into
    `base`/custom_nodes. No weights are found but those of the pack and of `base`/models.
    """

    def __init__(self, checkout: Path, python: str, base: Path, *arguments: str) -> None:
        self.checkout, self.python, self.base, self.arguments = checkout, python, base, arguments
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ComfyServer:
        for name in ("custom_nodes", "input", "models", "output", "temp", "user"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        (self.base / "custom_nodes" / PACK).symlink_to(_REPOSITORY)
        (self.base / "custom_nodes" / "gpen_probe").symlink_to(Path(__file__).resolve().parent / "probe")
        command = [self.python, "main.py", "--listen", "127.0.0.1", "--port", str(self.port), "--disable-auto-launch"]
        command += ["--base-directory", str(self.base), "--database-url", f"sqlite:///{self.base}/user/comfyui.db"]
        command += [*self.arguments, *os.environ.get("COMFYUI_ARGUMENTS", "--cpu").split()]
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.base / "cache"), "HF_HUB_OFFLINE": "1"}
        environment.pop("GPEN_WEIGHTS", None)
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.checkout, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait_until_it_answers()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _wait_until_it_answers(self, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"ComfyUI did not start:\n{self.log()[-4000:]}")
            try:
                self.get("/system_stats")
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.3)
        self.__exit__()
        raise RuntimeError(f"ComfyUI did not answer within {seconds:.0f} s:\n{self.log()[-4000:]}")

    @property
    def _log_file(self) -> Path:
        return self.base / "comfyui.log"

    def log(self) -> str:
        return self._log_file.read_text(errors="replace")

    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.get("/system_stats")["system"]["comfyui_version"].split("."))

    def fetch(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=60) as reply:
            return reply.read()

    def get(self, path: str) -> Any:
        return json.loads(self.fetch(path))

    def post(self, path: str, data: Any) -> tuple[int, Any]:
        """Status and answer; a refusal is an answer too."""
        body, headers = json.dumps(data).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                status, text = reply.status, reply.read()
        except urllib.error.HTTPError as refusal:
            status, text = refusal.code, refusal.read()
        return status, json.loads(text) if text else None

    def free(self) -> None:
        """Have ComfyUI give back all memory it can, and wait until it has."""
        self.post("/free", {"unload_models": True, "free_memory": True})
        end = time.monotonic() + 30  # the server's worker does it, within a second
        while self.get("/gpen_probe/state")["loaded"] and time.monotonic() < end:
            time.sleep(0.1)

    def refusal(self, graph: Graph) -> dict[str, Any]:
        """Why ComfyUI does not even queue this graph."""
        status, answer = self.post("/prompt", {"prompt": graph})
        assert status == 400, f"ComfyUI took it: {answer}"
        return answer

    def run(self, graph: Graph, on_event: Callable[[str, dict[str, Any]], None] | None = None) -> Run:
        """Queue an API graph and follow it to its end. on_event: called with every message of the run."""
        client = uuid.uuid4().hex
        connection = websocket.create_connection(f"ws://127.0.0.1:{self.port}/ws?clientId={client}", timeout=300)
        try:
            status, answer = self.post("/prompt", {"prompt": graph, "client_id": client})
            assert status == 200, json.dumps(answer, indent=1)
            run = Run(answer["prompt_id"])
            while not run.events or run.ending not in _ENDINGS:
                self._take(connection.recv(), run, on_event)
        finally:
            connection.close()
        run.outputs = self._history(run.prompt_id)["outputs"]
        return run

    def _take(self, message: str | bytes, run: Run, on_event: Callable[[str, dict[str, Any]], None] | None) -> None:
        if isinstance(message, bytes):  # previews
            return
        event = json.loads(message)
        if event["data"].get("prompt_id") == run.prompt_id:
            run.events.append((event["type"], event["data"]))
            if on_event is not None:
                on_event(event["type"], event["data"])

    def _history(self, prompt_id: str) -> dict[str, Any]:
        while True:  # written a moment after the last message
            history = self.get(f"/history/{prompt_id}")
            if prompt_id in history:
                return history[prompt_id]
            time.sleep(0.05)

    def file(self, entry: dict[str, str]) -> bytes:
        """A file that a node has put out."""
        return self.fetch(f"/view?filename={entry['filename']}&subfolder={entry['subfolder']}&type={entry['type']}")


Start = Callable[..., ComfyServer]
"""Makes a server with these options of ComfyUI."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
