// The notes and titles of the pack's workflows and blueprint in the user's language. Only a text that is still the pack's
// own is translated: who has changed one keeps it.

import { app } from "../../scripts/app.js"
import { translation } from "./translations.js"

const BLUEPRINT = "Restore faces (GPEN)" // its own title, in the language it was built in

const translator = (kind) => {
  const catalogue = translation().gpen?.[kind] ?? {}
  return (text) => catalogue[text] ?? text
}

function translateWorkflow({ nodes = [] }) {
  const inWords = translator("workflows")
  for (const node of nodes) {
    if (node.title) node.title = inWords(node.title)
    if (node.type === "MarkdownNote") node.widgets_values = node.widgets_values?.map(inWords)
  }
}

// Nodes 2.0 have read the names of its sockets by then, and go on showing those.
function translateBlueprint(node) {
  if (node.title !== BLUEPRINT) return
  const inWords = translator("blueprint")
  node.title = inWords(node.title)
  for (const each of [...node.inputs, ...node.outputs, ...node.widgets]) each.label = inWords(each.label ?? each.name)
}

app.registerExtension({
  name: "GPEN.WorkflowTexts",
  beforeConfigureGraph: translateWorkflow,
  // A blueprint that is placed is no workflow that is opened.
  nodeCreated(node) {
    if (node.subgraph?.name !== BLUEPRINT) return
    setTimeout(() => translateBlueprint(node)) // it is not filled yet
  },
})
