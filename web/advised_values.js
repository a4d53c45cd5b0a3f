// GPEN Enhance with connected settings shows sliders that rest. After a run a button writes what the Advisor has set into
// them and takes the connection away, so that they work on from there.

import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"
import { nodeOf } from "./nodes.js"
import { translation } from "./translations.js"

const KEY = "gpen_settings" // of what the node hands over: the values of the first picture, by widget
const NAME = "Write advice into sliders"
const INPUT = "settings"

const slotOf = (node) => node.inputs?.findIndex((input) => input.name === INPUT) ?? -1
const buttonOf = (node) => node.widgets?.find((widget) => widget.name === NAME)

function write(node, values) {
  for (const widget of node.widgets) {
    if (!(widget.name in values)) continue
    widget.value = values[widget.name]
    widget.callback?.(widget.value, app.canvas, node)
  }
  node.disconnectInput(slotOf(node))
  node.setDirtyCanvas(true, true)
}

function addButton(node, values) {
  removeButton(node)
  const label = translation().gpen?.buttons?.[NAME] ?? NAME
  const button = node.addWidget("button", NAME, null, () => write(node, values), { serialize: false })
  Object.assign(button, { serialize: false, label })
  node.setSize([node.size[0], Math.max(node.size[1], node.computeSize()[1])])
}

function removeButton(node) {
  const button = buttonOf(node)
  if (button) node.removeWidget(button)
}

api.addEventListener("executed", ({ detail }) => {
  const node = nodeOf(detail.display_node ?? detail.node)
  if (node?.comfyClass !== "GPENEnhance") return
  const [values] = detail.output?.[KEY] ?? []
  if (values) addButton(node, JSON.parse(values))
  else removeButton(node)
})

app.registerExtension({
  name: "GPEN.AdvisedValues",
  nodeCreated(node) {
    if (node.comfyClass !== "GPENEnhance") return
    const changed = node.onConnectionsChange
    node.onConnectionsChange = function (side, slot, connected, ...more) {
      if (side === LiteGraph.INPUT && slot === slotOf(node) && !connected) removeButton(node)
      return changed?.call(this, side, slot, connected, ...more)
    }
  },
})
