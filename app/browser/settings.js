import { api } from "./api.js";

/** Settings of a new user. */
const DEFAULTS = {
  /** Catches downloads at all. */
  isOn: true,
  /** Least size of a download that is caught, in MB (1,000,000 bytes). */
  leastMb: 1,
  /** Catches downloads whose size the server does not tell. */
  takesUnknown: true,
  /** Name endings that are caught at any size, separated by blanks. */
  kinds: "",
  /** Hosts whose downloads stay with the browser, separated by blanks; with those below them. */
  keptHosts: "",
};

/** Reads the settings. */
export async function loadSettings() {
  return api.storage.local.get(DEFAULTS);
}

/** Stores changed settings. */
export async function saveSettings(changes) {
  await api.storage.local.set(changes);
}

/** Splits a list that a user has typed. */
export function words(text) {
  return text.toLowerCase().split(/[\s,;]+/).filter(Boolean);
}
