import { api } from "./api.js";
import { describe } from "./describe.js";
import { handOver } from "./lanes.js";
import { isLanesLink } from "./rules.js";
import { showLinks } from "./collect.js";

/** Adds the entries of the context menu. Called each time the background script starts. */
export function listen() {
  api.runtime.onInstalled.addListener(() => {
    const entry = (id, title, contexts) => api.contextMenus.create({ id, title, contexts });
    api.contextMenus.removeAll(() => {
      entry("link", "Download link with Lanes", ["link"]);
      entry("media", "Download with Lanes", ["image", "video", "audio"]);
      entry("links", "All links of this page…", ["page", "action"]);
    });
  });
  api.contextMenus.onClicked.addListener(async (info, tab) => {
    if (info.menuItemId === "links") {
      await showLinks(tab);
    } else {
      await download(info.menuItemId === "link" ? info.linkUrl : info.srcUrl, info.frameUrl ?? info.pageUrl, tab);
    }
  });
}

/** Downloads a link with Lanes, else with the browser. */
async function download(url, referrer, tab) {
  let isTaken = false;
  if (isLanesLink(url)) {
    ({ isTaken } = await handOver([await describe({ url, referrer, storeId: tab?.cookieStoreId })]));
  }
  if (!isTaken && !/^lanes:/i.test(url)) {
    await api.downloads.download({ url });
  }
}
