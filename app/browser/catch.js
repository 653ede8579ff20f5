import { api } from "./api.js";
import { describe } from "./describe.js";
import { handOver } from "./lanes.js";
import { baseName, isWanted, isWebLink } from "./rules.js";
import { loadSettings } from "./settings.js";

/** Most responses that are remembered. */
const MAX_SEEN = 200;
/** Time after a click with Alt in which the browser keeps the next download, in milliseconds. */
const ALT_TIME = 5000;

/** Longest wait for the response behind a download, in milliseconds: Firefox reports it later than the download. */
const RESPONSE_TIME = 500;

/** Method and length of the latest responses that may become downloads, by URL. */
const seen = new Map();
/** Functions that wait for a response, by its URL. */
const waiting = new Map();
let altUntil = 0;

/** Catches downloads. Called each time the background script starts. */
export function listen() {
  api.webRequest.onHeadersReceived.addListener(
    remember,
    { urls: ["http://*/*", "https://*/*"], types: ["main_frame", "sub_frame", "object", "other"] },
    ["responseHeaders"],
  );
  api.runtime.onMessage.addListener((message, sender) => {
    if (message?.type === "alt-click" && sender.id === api.runtime.id) {
      altUntil = Date.now() + ALT_TIME;
    }
  });
  if (api.downloads.onDeterminingFilename) {
    // Chromium: the download waits for the name, and its bytes are kept meanwhile.
    api.downloads.onDeterminingFilename.addListener((item, suggest) => {
      take(item).finally(() => suggest());
      return true;
    });
  } else {
    // Firefox: the download continues until Lanes has taken it.
    api.downloads.onCreated.addListener(take);
  }
}

/** Remembers the request behind a download: the list of downloads does not tell it. */
function remember({ url, method, statusCode, responseHeaders }) {
  if (statusCode >= 300 && statusCode < 400) {
    return;
  }
  const field = (name) => responseHeaders?.find((field) => field.name.toLowerCase() === name)?.value;
  const key = withoutFragment(url);
  seen.delete(key);
  seen.set(key, { method, size: Number(field("content-length") ?? -1), disposition: field("content-disposition") ?? "" });
  if (seen.size > MAX_SEEN) {
    seen.delete(seen.keys().next().value);
  }
  waiting.get(key)?.();
}

/** Returns the response behind a download; one of an unknown size if the browser does not report it. */
async function responseOf(url) {
  if (!seen.has(url)) {
    await new Promise((resolve) => {
      waiting.set(url, resolve);
      setTimeout(resolve, RESPONSE_TIME);
    });
    waiting.delete(url);
  }
  return seen.get(url) ?? { method: "GET", size: -1, disposition: "" };
}

/** Hands a download to Lanes if it is wanted. Never fails: without Lanes the browser continues. */
async function take(item) {
  try {
    const isKept = Date.now() < altUntil;
    altUntil = 0;
    const url = withoutFragment(item.finalUrl || item.url);
    if (isKept || item.state !== "in_progress" || !isWebLink(url)) {
      return;
    }
    const response = await responseOf(url);
    const download = {
      url,
      name: nameOf(item.filename, url + response.disposition),
      size: [item.fileSize, item.totalBytes, response.size].find((size) => size > 0) ?? -1,
      method: response.method,
      isPrivate: item.incognito,
      isOfExtension: Boolean(item.byExtensionId),
    };
    if (!isWanted(download, await loadSettings())) {
      return;
    }
    const storeId = item.cookieStoreId;
    const described = await describe({ url, referrer: item.referrer, name: download.name, storeId });
    // Firefox may have all of it by now.
    const [now] = await api.downloads.search({ id: item.id });
    if (now?.state !== "in_progress") {
      return;
    }
    const { isTaken, reason } = await handOver([described]);
    if (isTaken) {
      await discard(item.id);
    } else {
      console.warn(`The browser keeps ${download.name}: ${reason}`);
    }
  } catch (error) {
    console.warn(`The browser keeps a download: ${error.message}`);
  }
}

/** Removes a download that Lanes has taken from the browser. */
async function discard(id) {
  // Fails if the download has ended meanwhile; then its file is removed.
  await api.downloads.cancel(id).catch(() => {});
  const [item] = await api.downloads.search({ id });
  if (item?.state === "complete") {
    await api.downloads.removeFile(id).catch(() => {});
  }
  await api.downloads.erase({ id });
}

/**
 * Returns the name of a file without the number by which Firefox tells it from one that exists.
 *
 * @param path of the file in the browser's folder
 * @param origin text in which a number stands that belongs to the name
 */
function nameOf(path, origin) {
  const name = baseName(path);
  const number = name.match(/\(\d+\)(?=(\.[^.]*)?$)/)?.[0];
  const isOwn = !number || origin.replaceAll("%28", "(").replaceAll("%29", ")").includes(number);
  return isOwn || api.downloads.onDeterminingFilename ? name : name.replace(number, "");
}

function withoutFragment(url) {
  return url.split("#")[0];
}
