// What ComfyUI's server has read from locales/*/ of this pack and the others: {locale: {nodeDefs, ..}}.

import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"

const translations = await (await api.fetchApi("/i18n")).json()

/** The translations into the language that the user has set now; none where there are none. */
export function translation() {
  return translations[app.extensionManager.setting.get("Comfy.Locale")] ?? {}
}
