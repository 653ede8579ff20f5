import { words } from "./settings.js";

/**
 * Returns whether a download goes to Lanes.
 *
 * @param download its `url`, `name`, `size` in bytes (negative if unknown), `method` of the request,
 *   `isPrivate` for one of a private window, and `isOfExtension` for one that an extension started
 * @param settings as stored
 */
export function isWanted(download, settings) {
  if (!settings.isOn || download.isPrivate || download.isOfExtension) {
    return false;
  }
  // A form that was sent cannot be sent again.
  if (!isWebLink(download.url) || download.method !== "GET") {
    return false;
  }
  const host = new URL(download.url).hostname;
  if (words(settings.keptHosts).some((kept) => host === kept || host.endsWith(`.${kept}`))) {
    return false;
  }
  if (words(settings.kinds).some((kind) => download.name.toLowerCase().endsWith(`.${kind.replace(/^\./, "")}`))) {
    return true;
  }
  return download.size < 0 ? settings.takesUnknown : download.size >= settings.leastMb * 1e6;
}

/** Returns whether Lanes fetches such links for a browser. */
export function isWebLink(url) {
  return /^https?:\/\//i.test(url);
}

/** Returns whether Lanes fetches such links. */
export function isLanesLink(url) {
  return isWebLink(url) || /^lanes:\/\//i.test(url);
}

/** Returns the last part of a path of any system. */
export function baseName(path) {
  return (path ?? "").split(/[\\/]/).pop();
}
