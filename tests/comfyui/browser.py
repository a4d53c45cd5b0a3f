"""ComfyUI's front end in a headless browser."""

from __future__ import annotations

import atexit
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from comfyui.server import PACK, ComfyServer, Graph

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# ComfyUI opens its own example last; a workflow loaded before that would be replaced by it.
_READY = "window.app?.vueAppReady && window.app.extensionManager && window.app.graph?.nodes.length"
_OURS = (PACK, "gpen", "GPEN")
_OFFLINE = ("ERR_NAME_NOT_RESOLVED", "ERR_INTERNET_DISCONNECTED")  # it asks for the size of a model to download
_TEXTS = """() => {
            const name = '$$node-text-preview'
            const lines = element => element.innerText.split('\\n').map(line => line.trim()).filter(Boolean)
            const found = {}
            for (const node of app.graph.nodes) {
                if (!node.widgets?.some(each => each.name === name)) continue
                const inVue = document.querySelector(`[data-node-id="${node.id}"] .comfy-markdown-content`)
                const boxes = [...document.querySelectorAll('.dom-widget')].filter(each => each.innerText.trim())
                const value = String(node.widgets.find(each => each.name === name).value)
                const onCanvas = boxes.find(each => each.innerText.trim().startsWith(value.split('\\n')[0].trim()))
                const element = inVue ?? onCanvas
                found[node.type] = element ? lines(element) : []
            }
            return found
        }"""
_RUN = re.compile("^(Run|运行)$")
_WATCH = """() => {
    window.ending = null
    for (const name of ['execution_success', 'execution_error', 'execution_interrupted'])
        app.api.addEventListener(name, event => { window.ending = [name, event.detail] })
}"""
# The names of the nodes found, and of those that are seen without scrolling, once the list has settled.
_FOUND = """() => {
    const options = [...document.querySelectorAll('[role=option]')]
    if (!options.length) return [[], []]
    let list = options[0].parentElement
    while (list !== document.body && !/auto|scroll/.test(getComputedStyle(list).overflowY)) list = list.parentElement
    const end = Math.min(list.getBoundingClientRect().bottom, innerHeight) + 1
    const name = option => option.innerText.split('\\n')[0]
    const seen = options.filter(option => option.getBoundingClientRect().bottom <= end)
    return [options.map(name), seen.map(name)]
}"""
_ENDED = "() => window.ending || Object.keys(app.lastNodeErrors ?? {}).length > 0"


class FrontEnd:
    """One page with ComfyUI. complaints: what its console said about the pack, as it came."""

    def __init__(self, page: Any, comfy: ComfyServer) -> None:
        self.page, self.comfy = page, comfy
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self._note(f"{error}\n{error.stack}"))

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self._note(f"{message.text} {message.location.get('url', '')}")

    def _note(self, text: str) -> None:
        if any(name in text for name in _OURS) and not any(name in text for name in _OFFLINE):
            self.complaints.append(text)

    def open(self) -> None:
        self.page.goto(self.comfy.url)
        self.page.wait_for_function(_READY, timeout=120_000)
        self.page.evaluate(_WATCH)

    def load(self, workflow: dict[str, Any]) -> None:
        self.page.evaluate("async workflow => { await app.loadGraphData(workflow) }", workflow)

    def load_api(self, graph: Graph) -> None:
        """Load a graph in the API's format, its nodes numbered, arranged by the front end."""
        self.page.evaluate("async graph => { await app.loadApiJson(graph, 'test') }", graph)

    def open_template(self, name: str) -> None:
        """As users do: Templates, the pack, the card."""
        self.page.evaluate("() => { app.extensionManager.command.execute('Comfy.BrowseTemplates') }")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_text(PACK).last.click()
        dialog.get_by_text(name, exact=True).first.click()
        dialog.wait_for(state="detached")
        self.page.wait_for_function("() => app.graph.nodes.length > 1")

    def press_run(self) -> tuple[str, Any]:
        """Press Run and wait. Returns the last event's name and data, or "refused" and the errors."""
        self.page.evaluate("() => { window.ending = null }")
        self.page.get_by_role("button", name=_RUN).first.click()
        self.page.wait_for_function(_ENDED, timeout=600_000)
        ending = self.page.evaluate("() => window.ending")
        return tuple(ending) if ending else ("refused", self.page.evaluate("() => app.lastNodeErrors"))

    def screenshot(self, path: Path, *, fit: bool = True) -> None:
        if fit:
            self.page.evaluate(
                "() => { app.canvas.selectItems(); app.canvas.fitViewToSelectionAnimated({duration: 1}) }"
            )
            self.page.wait_for_timeout(500)
            self.page.evaluate("() => app.canvas.deselectAll()")
        self.page.wait_for_timeout(1000)  # pictures inside the nodes arrive
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(path))

    def open_help(self, node_type: str, title: str) -> None:
        """Open a node's help by its button, and wait for the page with this title."""
        node = {"id": 1, "type": node_type, "pos": [300, 300], "size": [300, 100], "flags": {}, "order": 0, "mode": 0}
        graph = {
            "last_node_id": 1,
            "last_link_id": 0,
            "nodes": [{**node, "properties": {}}],
            "links": [],
            "version": 0.4,
        }
        self.load(graph)
        self.page.evaluate("() => app.canvas.selectNode(app.graph.nodes[0])")
        self.page.locator("[data-testid='info-button']").click()
        shown = self.page.locator(".node-help-content").get_by_role("heading", name=title, exact=True)
        shown.first.wait_for()

    def search(self, query: str) -> tuple[list[str], list[str]]:
        """What the node search lists for a query, best first, and what of it is seen without scrolling."""
        box = self.page.locator("input[role=combobox]").first
        if not box.is_visible():
            self.page.evaluate("() => { app.extensionManager.command.execute('Workspace.SearchBox.Toggle') }")
        box.fill(query)
        self.page.wait_for_timeout(700)  # it waits for the end of typing
        return self.page.evaluate(_FOUND)

    def texts(self) -> dict[str, list[str]]:
        """The lines of the text inside each node, by the node's type, as they are seen."""
        return self.page.evaluate(_TEXTS)

    def labels(self, node_type: str) -> dict[str, Any]:
        """What a new node shows: its title, its inputs' and outputs' labels."""
        return self.page.evaluate(
            """type => {
                const node = LiteGraph.createNode(type)
                const label = each => each.label ?? each.localized_name ?? each.name
                return {
                    title: node.title,
                    inputs: Object.fromEntries((node.inputs ?? []).map(each => [each.name, label(each)])),
                    widgets: Object.fromEntries((node.widgets ?? []).map(each => [each.name, label(each)])),
                    outputs: (node.outputs ?? []).map(label),
                }
            }""",
            node_type,
        )


@cache
def _playwright() -> Any:
    """One for the whole test run: there cannot be two, and pages of several test modules may be open at once."""
    started = pytest.importorskip("playwright.sync_api").sync_playwright().start()
    atexit.register(started.stop)
    return started


@contextmanager
def front_end(
    comfy: ComfyServer, language: str = "en", *, vue: bool = False, size: tuple[int, int] = (1920, 1200)
) -> Iterator[FrontEnd]:
    """A page of a fresh browser. vue: with "Nodes 2.0". size: of the window, px. Skips where there is no browser."""
    playwright = _playwright()
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        pytest.skip("there is no Chromium")
    comfy.post("/api/settings/Comfy.TutorialCompleted", True)  # or its dialog covers the page
    comfy.post("/api/settings/Comfy.Locale", language)
    comfy.post("/api/settings/Comfy.VueNodes.Enabled", vue)
    comfy.post("/api/settings/Comfy.RightSidePanel.IsOpen", False)
    for zoom in ("LiteGraph.Canvas.MinFontSizeForLOD", "LiteGraph.Canvas.LowQualityRenderingZoomThreshold"):
        comfy.post(f"/api/settings/{zoom}", 0)  # text stays in small pictures
    browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=_OPTIONS)
    try:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.set_default_timeout(120_000)  # ms; machines under load
        shown = FrontEnd(page, comfy)
        shown.open()
        yield shown
    finally:
        browser.close()
