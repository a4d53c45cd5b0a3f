// Before and after in one look: a picture in GPEN Enhance whose two halves lie over each other, with the border where the
// pointer is. The node hands over one picture with both halves, which ComfyUI itself would show as it is, and does where
// this file is missing.

import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"
import { nodeOf } from "./nodes.js"

const COMPARED = ["GPENEnhance", "GPENColourise", "GPENInpaint"]
const HALVES = "gpen_halves" // of what the node hands over: where the second half is
const PICTURES = "gpen_before_after" // here instead of "images", which ComfyUI would draw
const NAME = "before and after"
const LEAST = 220 // px

class Comparison {
  constructor(node) {
    this.node = node
    this.border = 0.5
    this.shown = 0
    this.pictures = []
    this.canvas = document.createElement("canvas")
    this.canvas.style.cssText = `width: 100%; height: 100%; min-height: ${LEAST}px; object-fit: contain; cursor: ew-resize`
    this.canvas.addEventListener("pointermove", (event) => this.moveTo(event))
    this.canvas.addEventListener("click", () => this.next())
    const options = { serialize: false, hideOnZoom: false, getMinHeight: () => LEAST, getValue: () => "", setValue() {} }
    this.widget = node.addDOMWidget(NAME, "gpen_comparison", this.canvas, options)
    this.widget.serialize = false
  }

  /** urls: of pictures with two halves; beside: whether the second is to the right of the first, or below it. */
  show(urls, beside) {
    this.beside = beside
    this.shown = 0
    this.pictures = urls.map((url) => Object.assign(new Image(), { src: url, onload: () => this.draw() }))
    const [width, height] = this.node.size
    this.node.setSize([width, Math.max(height, this.node.computeSize()[1])])
  }

  next() {
    this.shown = (this.shown + 1) % Math.max(this.pictures.length, 1)
    this.draw()
  }

  moveTo({ offsetX }) {
    const { clientWidth, clientHeight, width, height } = this.canvas
    const drawn = Math.min(clientWidth, (clientHeight * width) / height)
    this.border = Math.min(Math.max((offsetX - (clientWidth - drawn) / 2) / drawn, 0), 1)
    this.draw()
  }

  draw() {
    const picture = this.pictures[this.shown]
    if (!picture?.complete || !picture.naturalWidth) return
    const [width, height] = [picture.naturalWidth / (this.beside ? 2 : 1), picture.naturalHeight / (this.beside ? 1 : 2)]
    Object.assign(this.canvas, { width, height })
    const context = this.canvas.getContext("2d")
    const at = Math.round(this.border * width)
    context.drawImage(picture, 0, 0, width, height, 0, 0, width, height)
    const [x, y] = this.beside ? [width, 0] : [0, height]
    context.drawImage(picture, x + at, y, width - at, height, at, 0, width - at, height)
    context.fillStyle = "white"
    context.fillRect(at - 1, 0, 2, height)
    if (this.pictures.length > 1) {
      context.font = `${Math.round(height / 20)}px sans-serif`
      context.fillText(`${this.shown + 1}/${this.pictures.length}`, height / 40, height / 15)
    }
  }
}

const comparisons = new WeakMap()

function show(node, output) {
  if (!comparisons.has(node)) comparisons.set(node, new Comparison(node))
  const urls = output[PICTURES].map((file) => api.apiURL(`/view?${new URLSearchParams(file)}`))
  comparisons.get(node).show(urls, output[HALVES][0] === "beside")
}

// This file is loaded before ComfyUI listens: what is taken away here, it does not draw.
api.addEventListener("executed", ({ detail }) => {
  const { output } = detail
  if (!output?.[HALVES] || !output.images) return
  const node = nodeOf(detail.display_node ?? detail.node)
  if (!node?.addDOMWidget) return
  const { images, ...others } = output
  detail.output = { ...others, [PICTURES]: images }
  show(node, detail.output)
})

app.registerExtension({
  name: "GPEN.BeforeAfter",
  // A workflow whose tab is chosen again has its outputs back a moment later.
  loadedGraphNode(node) {
    if (!COMPARED.includes(node.comfyClass)) return
    setTimeout(() => {
      const output = app.nodeOutputs?.[node.id]
      if (output?.[PICTURES]) show(node, output)
    }, 500)
  },
})
