import { api } from "./api.js";

/** Opens a page on which the user chooses among the links of a tab. */
export async function showLinks(tab) {
  const results = await api.scripting.executeScript({ target: { tabId: tab.id, allFrames: true }, func: linksOfPage });
  const links = results.flatMap((result) => result.result ?? []);
  const id = crypto.randomUUID();
  await api.storage.session.set({ [id]: { page: tab.url, storeId: tab.cookieStoreId, links } });
  await api.tabs.create({ url: api.runtime.getURL(`links.html#${id}`), index: tab.index + 1 });
}

/** Returns links and media of a document, each with its text. Runs within the page. */
function linksOfPage() {
  const anchors = [...document.querySelectorAll("a[href], area[href]")];
  const media = [...document.querySelectorAll("video[src], audio[src], source[src], img[src]")];
  const text = (element) => (element.textContent || element.alt || element.title || "").trim().slice(0, 200);
  return [
    ...anchors.map((element) => ({ url: String(element.href), text: text(element) })),
    ...media.map((element) => ({ url: String(element.src), text: text(element) })),
  ];
}
