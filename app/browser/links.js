import { api } from "./api.js";
import { describe } from "./describe.js";
import { handOver } from "./lanes.js";
import { KINDS, passes, usableLinks } from "./link_filter.js";

/** Most links in one message. */
const AT_ONCE = 100;

const element = (id) => document.getElementById(id);
const id = location.hash.slice(1);
const stored = (await api.storage.session.get(id))[id] ?? { page: "", links: [] };
const links = usableLinks(stored.links);
const chosen = new Set();
const host = stored.page ? new URL(stored.page).host : "";

element("title").textContent = host ? `Links of ${host}` : "Load the page again, and choose its links from there";
element("kind").append(...Object.keys(KINDS).map((kind) => new Option(kind)));
const rows = links.map((link) => {
  const row = document.createElement("tr");
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  box.setAttribute("aria-label", link.url);
  box.addEventListener("change", () => choose([link], box.checked));
  const cells = [box, link.name || link.text || link.url, link.url].map((content) => {
    const cell = document.createElement("td");
    cell.append(content);
    return cell;
  });
  cells[2].title = link.url;
  row.append(...cells);
  return { link, row, box };
});
element("rows").append(...rows.map(({ row }) => row));

for (const field of ["filter", "kind", "sameHost"]) {
  element(field).addEventListener("input", show);
}
element("all").addEventListener("change", (event) => choose(shown(), event.target.checked));
element("download").addEventListener("click", download);
show();

/** Returns the links that pass the filters. */
function shown() {
  const filter = {
    text: element("filter").value,
    kind: element("kind").value,
    host: element("sameHost").checked ? host : "",
  };
  return links.filter((link) => passes(link, filter));
}

/** Selects links, or deselects them. */
function choose(some, isChosen) {
  for (const link of some) {
    if (isChosen) {
      chosen.add(link);
    } else {
      chosen.delete(link);
    }
  }
  show();
}

/** Returns the links that are downloaded: selected and shown. */
function wanted() {
  return shown().filter((link) => chosen.has(link));
}

function show() {
  const visible = new Set(shown());
  for (const { link, row, box } of rows) {
    row.hidden = !visible.has(link);
    box.checked = chosen.has(link);
  }
  const count = wanted().length;
  element("all").checked = visible.size > 0 && count === visible.size;
  element("all").indeterminate = count > 0 && count < visible.size;
  element("download").disabled = count === 0;
  element("download").textContent = count > 0 ? `Download ${count}` : "Download";
  element("state").textContent = `${visible.size} of ${links.length} links`;
}

/** Hands the selected links to Lanes; those that it does not take stay selected. */
async function download() {
  const all = wanted();
  element("download").disabled = true;
  let taken = 0;
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    const described = await Promise.all(
      some.map(({ url }) => describe({ url, referrer: stored.page, storeId: stored.storeId })),
    );
    const { isTaken, reason } = await handOver(described);
    if (!isTaken) {
      show();
      element("state").textContent = `Lanes did not take ${all.length - taken} links: ${reason}`;
      return;
    }
    taken += some.length;
    choose(some, false);
  }
  element("state").textContent = `Lanes took ${taken} links`;
}
