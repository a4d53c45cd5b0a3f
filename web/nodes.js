// The nodes that ComfyUI's messages name.

import { app } from "../../scripts/app.js"

/** The node of an execution id: "3:7:2" is node 2 in subgraph node 7 in subgraph node 3. Undefined where there is none. */
export function nodeOf(id) {
  let graph = app.rootGraph ?? app.graph
  let node
  for (const part of String(id).split(":")) {
    node = graph?.getNodeById(part) ?? graph?.getNodeById(Number(part))
    graph = node?.subgraph
  }
  return node
}
