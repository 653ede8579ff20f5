import { loadSettings, saveSettings } from "./settings.js";

for (const [name, value] of Object.entries(await loadSettings())) {
  const field = document.getElementById(name);
  const isBox = field.type === "checkbox";
  field[isBox ? "checked" : "value"] = value;
  field.addEventListener("input", () => {
    if (field.checkValidity()) {
      saveSettings({ [name]: isBox ? field.checked : field.type === "number" ? field.valueAsNumber || 0 : field.value });
    }
  });
}
