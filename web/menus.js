// The values of menus in the user's language. ComfyUI's front end translates the names of widgets (locales/*/nodeDefs.json),
// not what a menu offers; the same files hold labels for that under "options". What is sent and saved stays the value.

import { app } from "../../scripts/app.js"
import { translation } from "./translations.js"

function labelsOf(node, widget) {
  return translation().nodeDefs?.[node.comfyClass]?.inputs?.[widget.name]?.options
}

function translate(node, widget) {
  // Looked up when it is drawn, so that a change of language shows at once.
  Object.defineProperty(widget.options, "getOptionLabel", {
    configurable: true,
    enumerable: true,
    get() {
      const labels = labelsOf(node, widget)
      return labels && ((value) => labels[value] ?? value ?? "")
    },
  })
}

app.registerExtension({
  name: "GPEN.Menus",
  nodeCreated(node) {
    if (!node.comfyClass?.startsWith("GPEN")) return
    for (const widget of node.widgets ?? []) if (widget.type === "combo") translate(node, widget)
  },
})
