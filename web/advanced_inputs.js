/* ComfyUI's Nodes 2.0 put inputs that a node calls advanced behind "Show advanced inputs"; its classic canvas draws them
 * all. Here the classic canvas does the same for the nodes of this pack, with ComfyUI's own switch: node.showAdvanced,
 * which the node's menu toggles and workflows keep. Values are saved and sent whether their inputs are in sight or not.
 */

import { app } from "../../scripts/app.js"
import { translation } from "./translations.js"

const FOLDER = decodeURIComponent(new URL(import.meta.url).pathname).split("/").at(-2)
const ALWAYS = "Comfy.Node.AlwaysShowAdvancedWidgets"

const setting = (name) => app.extensionManager?.setting?.get(name)
const isLinked = (node, widget) =>
  (node.inputs ?? []).some((input) => input.widget?.name === widget.name && input.link != null)

/** A property that follows from others, whatever is assigned to it. */
function derive(object, name, get) {
  Object.defineProperty(object, name, { get, set() {}, configurable: true, enumerable: true })
}

function hideUntilAsked(node, widget) {
  derive(widget, "advanced", () => !isLinked(node, widget) && !setting(ALWAYS))
  derive(widget, "hidden", () => !LiteGraph.vueNodesMode && widget.advanced && !node.showAdvanced)
}

/** Grow or shrink by what appears or disappears, so that the picture in the node keeps its size. */
function toggle(node) {
  const [width, height] = node.size
  const needed = node.computeSize()[1]
  node.toggleAdvanced()
  node.setSize([width, height + node.computeSize()[1] - needed])
}

function addButton(node, widgets) {
  const options = { serialize: false, canvasOnly: true } // Nodes 2.0 have a button of their own
  const button = node.addWidget("button", "advanced inputs", null, () => toggle(node), options)
  button.serialize = false
  derive(button, "label", () => {
    const text = node.showAdvanced ? "Hide advanced inputs" : "Show advanced inputs"
    return translation().gpen?.buttons?.[text] ?? text
  })
  derive(button, "hidden", () => LiteGraph.vueNodesMode || !widgets.some((widget) => widget.advanced))
}

app.registerExtension({
  name: "gpen.advanced_inputs",
  nodeCreated(node) {
    if (node.constructor.nodeData?.python_module !== `custom_nodes.${FOLDER}`) return
    const widgets = (node.widgets ?? []).filter((widget) => widget.options?.advanced)
    if (widgets.length < 2 || !node.toggleAdvanced) return
    widgets.forEach((widget) => hideUntilAsked(node, widget))
    addButton(node, widgets)
    node.setSize([node.size[0], node.computeSize()[1]])
  },
})
