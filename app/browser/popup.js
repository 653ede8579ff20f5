import { api } from "./api.js";
import { showLinks } from "./collect.js";
import { hello } from "./lanes.js";
import { loadSettings, saveSettings } from "./settings.js";

const element = (id) => document.getElementById(id);
const access = { origins: ["http://*/*", "https://*/*"] };

element("isOn").checked = (await loadSettings()).isOn;
element("isOn").addEventListener("change", (event) => saveSettings({ isOn: event.target.checked }));

element("links").addEventListener("click", async () => {
  const [tab] = await api.tabs.query({ active: true, currentWindow: true });
  try {
    await showLinks(tab);
    window.close();
  } catch (error) {
    element("state").textContent = `This page cannot be read: ${error.message}`;
  }
});

// Firefox lets users withdraw the access to pages, and with it to cookies.
element("access").hidden = await api.permissions.contains(access);
element("access").addEventListener("click", async () => {
  element("access").hidden = await api.permissions.request(access);
});

const answer = await hello();
if (answer.type === "hello") {
  const state = answer.isRunning ? "is running" : "starts with the next download";
  element("state").textContent = `Lanes ${answer.version} ${state}`;
} else {
  element("state").textContent = `Lanes is not connected (${answer.error}): run “lanes integrate”, or connect this browser in its settings`;
}
