import { isLanesLink } from "./rules.js";

/** Kinds of files by the endings of their names. */
export const KINDS = {
  "All files": null,
  Archives: "7z bz2 gz rar tar tgz xz zip zst",
  Audio: "aac flac m4a mp3 ogg opus wav",
  "Disk images": "dmg img iso vhd vmdk",
  Documents: "csv doc docx epub odp ods odt pdf ppt pptx xls xlsx",
  Pictures: "avif gif heic jpeg jpg png svg tif tiff webp",
  Programs: "apk appimage deb exe jar msi pkg rpm",
  Video: "avi m4v mkv mov mp4 mpeg mpg webm",
};

/** Returns each link that Lanes can fetch once, with the name of its file. */
export function usableLinks(links) {
  const unique = new Map();
  for (const { url, text } of links) {
    const whole = url.split("#")[0];
    if (isLanesLink(whole) && !unique.has(whole)) {
      unique.set(whole, { url: whole, text, name: nameOf(whole), host: new URL(whole).host });
    }
  }
  return [...unique.values()];
}

/**
 * Returns whether a link passes the filters.
 *
 * @param filter `text` with `*` for any letters, `kind` of {@link KINDS}, and `host` to keep to
 */
export function passes(link, { text, kind, host }) {
  if (host && link.host !== host) {
    return false;
  }
  const endings = KINDS[kind];
  if (endings && !endings.split(" ").some((ending) => link.name.toLowerCase().endsWith(`.${ending}`))) {
    return false;
  }
  const wanted = text.trim().toLowerCase();
  const places = [link.url, link.name, link.text].map((place) => place.toLowerCase());
  return wanted.includes("*") ? places.some((place) => matches(wanted, place)) : places.some((place) => place.includes(wanted));
}

/** Returns whether a text is that of a pattern, in which `*` stands for any letters. */
function matches(pattern, text) {
  const [first, ...rest] = pattern.split("*");
  const last = rest.pop();
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) {
    return false;
  }
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) {
      return false;
    }
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

function nameOf(url) {
  const last = new URL(url).pathname.split("/").pop();
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
