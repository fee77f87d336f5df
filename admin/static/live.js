/* Pages that stay true while they are open: the server says which tables changed, and the parts that show them are
   fetched anew. What is shown always comes from a whole answer of the server, so that nothing can be lost: without the
   stream, or with a proxy that holds it back, the page looks again each minute. */
import { each, make } from "./dom.js";

const STREAM = "/_changes";
const EVERYTHING = "*";
const GATHER = 400;
const OFTEN = 3000;
const LOOK_AGAIN = 60000;

export function keepLive() {
  const regions = [...document.querySelectorAll("[data-live-url]")];
  if (!regions.length) return;
  const status = make("p", { class: "visually-hidden", role: "status" });
  document.querySelector("main").append(status);
  const changed = new Set();
  let source = null;
  let timer = 0;
  let lookedAt = Date.now();
  let isSignedOut = false;

  const hears = () => source !== null && source.readyState === EventSource.OPEN;

  function connect() {
    if (isSignedOut || document.hidden || (source && source.readyState !== EventSource.CLOSED)) return;
    source = new EventSource(STREAM);
    // What happened before the stream was open is not told; so look once.
    source.addEventListener("open", () => note([EVERYTHING]));
    source.addEventListener("change", (event) => note(JSON.parse(event.data).changed));
  }

  function disconnect() {
    source?.close();
    source = null;
  }

  function note(tables) {
    tables.forEach((table) => changed.add(table));
    clearTimeout(timer);
    timer = setTimeout(look, GATHER);
  }

  async function look() {
    const tables = new Set(changed);
    changed.clear();
    lookedAt = Date.now();
    const titles = (await Promise.all(regions.map((region) => renew(region, tables)))).flat();
    if (titles.length) status.textContent = `Updated: ${titles.join(", ")}.`;
  }

  /* Fetch a region's parts that show one of the tables, and return the titles of those that differ. */
  async function renew(region, tables) {
    const parts = [...region.querySelectorAll("[data-live-part]")].filter((part) => shows(part, tables));
    if (!parts.length) return [];
    const url = new URL(region.dataset.liveUrl, window.location.href);
    if (!tables.has(EVERYTHING)) url.searchParams.set("changed", [...tables].join(","));
    const page = await fetched(url);
    if (!page) return [];
    const titles = parts.map((part) => replace(part, page.getElementById(part.id))).filter(Boolean);
    each("[data-live-nothing]", (nothing) => { nothing.hidden = region.querySelector("[data-live-part]:not([hidden])") !== null; });
    return titles;
  }

  async function fetched(url) {
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (answer.redirected || answer.status === 403) {
        isSignedOut = true;
        disconnect();
        return null;
      }
      return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    } catch {
      return null; // The network is away; the next look may find it back.
    }
  }

  /* Put a new part in place of an old one; one in which the person is at this moment waits until they leave it. */
  function replace(part, fresh) {
    if (!fresh || meaning(part) === meaning(fresh)) return "";
    if (part.contains(document.activeElement)) {
      part.addEventListener("focusout", () => note(part.dataset.tables.split(" ")), { once: true });
      return "";
    }
    each("details[id]", (shown) => { shown.open = document.getElementById(shown.id)?.open ?? shown.open; }, fresh);
    part.replaceWith(document.adoptNode(fresh));
    return fresh.querySelector("[data-live-title]")?.textContent.trim() ?? "";
  }

  function visit() {
    if (document.hidden) { disconnect(); return; }
    connect();
    note([EVERYTHING]);
  }

  document.addEventListener("visibilitychange", visit);
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", (event) => { if (event.persisted) visit(); });
  setInterval(() => {
    if (document.hidden || isSignedOut || hears()) return;
    const isDue = Date.now() - lookedAt >= (document.querySelector("[data-live-often]") ? OFTEN : LOOK_AGAIN);
    if (isDue) { connect(); note([EVERYTHING]); }
  }, OFTEN);
  connect();
}

function shows(part, tables) {
  return tables.has(EVERYTHING) || part.dataset.tables.split(" ").some((table) => tables.has(table));
}

/* What a part says, but for how long ago things were, and what the person has unfolded: that alone is no news. */
function meaning(part) {
  const copy = part.cloneNode(true);
  each("time", (time) => { time.textContent = ""; }, copy);
  each("details[id]", (shown) => { shown.open = false; }, copy);
  return copy.outerHTML;
}
