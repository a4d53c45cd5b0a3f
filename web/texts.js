// The texts inside the nodes of this pack: what was done, and what went otherwise.
//
// A node hands its text over with its pictures (nodes/feedback.py). ComfyUI sends both in "executed", also where it
// takes them from its cache, so that they do not depend on what had to be computed. The language is the user's, now.

import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"
import { translation } from "./translations.js"

const KEY = "gpen_message"
const WIDGET = "$$node-text-preview" // ComfyUI's own for the text inside a node
const [LINE, AROUND, MOST] = [16, 36, 200] // px: of a line, the space around them, what the widget shows at most
const [LETTER, MARGIN] = [6.5, 60] // px: of a Latin letter, and what a line is narrower than its node

// Texts of nodes inside a subgraph, for each node that stands for one: execution id -> Map(execution id -> text).
const inside = new Map()

function show(id, text) {
  // Nodes 2.0 read Markdown, where a line ends with two blanks.
  const markdown = text.replaceAll("\n", "  \n")
  api.dispatchCustomEvent("progress_text", { nodeId: id, text: markdown })
  for (const node of app.canvas.graph.nodes) {
    const widget = node.widgets?.find((each) => each.name === WIDGET)
    if (widget?.value === markdown) makeRoom(node, widget, text)
  }
  setTimeout(() => keepWordsWhole(text), 100) // it is drawn by then
}

// On the canvas ComfyUI ends a line in the middle of a word.
function keepWordsWhole(text) {
  const [first] = text.split("\n")
  for (const box of document.querySelectorAll(".dom-widget .break-all")) {
    if (box.textContent.startsWith(first)) Object.assign(box.style, { wordBreak: "normal", overflowWrap: "anywhere" })
  }
}

// On the canvas the widget has the height of two lines, and a failure in the third would be out of sight.
function makeRoom(node, widget, text) {
  if (window.LiteGraph.vueNodesMode) return // these grow by themselves
  const letters = (node.size[0] - MARGIN) / LETTER
  const lines = text.split("\n").map((line) => Math.max(1, Math.ceil(lengthOf(line) / letters)))
  const height = Math.min(AROUND + LINE * lines.reduce((one, other) => one + other), MOST)
  widget.options.getMinHeight = widget.options.getMaxHeight = () => height // what is left is for the picture
  node.setSize([node.size[0], Math.max(node.size[1], node.computeSize()[1])])
}

// A message is a text; a template with the values of its names; or parts with what stands between them (gpen_core/message.py).
function inWords(message, catalogue) {
  const inTheLanguage = (text) => catalogue[text] ?? text
  if (typeof message === "string") return message
  if (message.parts) return message.parts.map((each) => inWords(each, catalogue)).join(inTheLanguage(message.between))
  return inTheLanguage(message.template).replace(/{(\w+)}/g, (_, name) => inWords(message.values[name], catalogue))
}

function lengthOf(line) {
  return [...line].reduce((length, letter) => length + (letter > "\u2e80" ? 2 : 1), 0)
}

// "3:7:2" is node 2 in subgraph node 7 in subgraph node 3. Those two show all that the nodes in them say.
function showAround(id, text) {
  const path = id.split(":")
  for (let depth = 1; depth < path.length; depth++) {
    const outer = path.slice(0, depth).join(":")
    if (!inside.has(outer)) inside.set(outer, new Map())
    const texts = inside.get(outer).set(id, text)
    // In the order of the nodes: that of execution differs between what is computed and what is cached.
    const ids = [...texts.keys()].sort((one, other) => one.localeCompare(other, undefined, { numeric: true }))
    show(outer, ids.map((each) => texts.get(each)).join("\n"))
  }
}

api.addEventListener("execution_start", () => inside.clear())

function say(id, messages) {
  const catalogue = translation().gpen?.messages ?? {}
  const text = messages.map((each) => inWords(JSON.parse(each), catalogue)).join("\n")
  show(id, text)
  showAround(id, text)
}

api.addEventListener("executed", ({ detail }) => {
  if (detail.output?.[KEY]) say(String(detail.display_node ?? detail.node), detail.output[KEY])
})

// While a node works that takes long.
api.addEventListener("gpen_working", ({ detail }) => say(String(detail.node), detail[KEY]))
