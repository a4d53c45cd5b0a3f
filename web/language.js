// Reports and charts in the user's language. Nodes that write some have an input for it, which ComfyUI hides; what is sent
// is the language of the moment, and workflows keep English.

import { app } from "../../scripts/app.js"

app.registerExtension({
  name: "GPEN.Language",
  nodeCreated(node) {
    if (!node.comfyClass?.startsWith("GPEN")) return
    const widget = node.widgets?.find((each) => each.name === "language")
    if (!widget) return
    widget.serializeValue = () => {
      const language = app.extensionManager.setting.get("Comfy.Locale")
      return widget.options.values.includes(language) ? language : widget.value
    }
  },
})
