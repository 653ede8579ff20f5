import { api } from "./api.js";
import { isWebLink } from "./rules.js";

/**
 * Describes a download for Lanes: the link, and the header fields with which the browser would fetch it.
 *
 * @param link `url`, and if known `referrer`, `name` and `storeId`, the cookie store of its tab
 */
export async function describe({ url, referrer, name, storeId }) {
  const download = { url };
  if (name) {
    download.name = name;
  }
  // Cookies and the user agent are for web servers only.
  if (isWebLink(url)) {
    const headers = { "User-Agent": navigator.userAgent };
    if (isWebLink(referrer ?? "")) {
      headers.Referer = referrer;
    }
    const cookies = await cookiesFor(url, storeId);
    if (cookies) {
      headers.Cookie = cookies;
    }
    download.headers = headers;
  }
  return download;
}

/** Returns the cookies that the browser sends to a link, as a header field. */
async function cookiesFor(url, storeId) {
  try {
    const cookies = await api.cookies.getAll(storeId ? { url, storeId } : { url });
    return cookies.map((cookie) => (cookie.name ? `${cookie.name}=${cookie.value}` : cookie.value)).join("; ");
  } catch {
    // Access to the host was not granted: the link may work without cookies.
    return "";
  }
}
