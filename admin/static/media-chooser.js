/* Choosing from the media library for a text: a dialog that searches, uploads, and writes the marks of the text's kind. */
import { make } from "./dom.js";
import { offerUploads } from "./media-upload.js";

const WIDEST_AT_FIRST = 960;

const library = () => {
  const found = document.querySelector("meta[name=media-library]");
  return found ? { choose: found.content, upload: found.dataset.upload } : null;
};

/** Return the buttons “Image” and “Document” for a text; `write(marks)` puts marks where the cursor is. */
export function mediaButtons({ kindOf, write }) {
  if (!library()) return [];
  const button = (label, kind) => make("button", { type: "button", class: "btn btn-sm", "data-media": kind, "aria-haspopup": "dialog", onclick: () => openChooser(kind, (item, choice) => write(marksFor(kindOf(), item, choice))) }, label);
  return [button("Image", "image"), button("Document", "document")];
}

export function marksFor(kind, item, { text, size }) {
  if (item.kind === "document") {
    if (kind.startsWith("html")) return `<a href="${item.address}">${escaped(text)}</a>`;
    if (kind === "restructuredtext") return `\`${text.replace(/[`<>\\]/g, "")} <${item.address}>\`_`;
    return `[${bracketed(text)}](${item.address})`;
  }
  if (kind.startsWith("html")) return `<img src="${size.address}" alt="${escaped(text)}" width="${size.width}" height="${size.height}">`;
  if (kind === "restructuredtext") return `\n\n.. image:: ${size.address}\n   :alt: ${text}\n\n`;
  return `![${bracketed(text)}](${size.address})`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
const bracketed = (text) => text.replace(/[\\[\]]/g, "\\$&");

function openChooser(kind, chosen) {
  const names = kind === "image" ? ["image", "an image"] : ["document", "a document"];
  const dialog = make("dialog", { class: "media-dialog", "aria-labelledby": "media-dialog-title" });
  const close = make("button", { type: "button", class: "btn btn-sm", onclick: () => dialog.close() }, "Close");
  const body = make("div", { class: "media-dialog-body" });
  dialog.append(make("div", { class: "media-dialog-head" }, make("h2", { id: "media-dialog-title" }, `Insert ${names[1]}`), close), body);
  dialog.addEventListener("close", () => dialog.remove());
  const pick = (item) => body.replaceChildren(...describe(item, { back: list, insert: (choice) => { dialog.close(); chosen(item, choice); } }));
  const list = () => body.replaceChildren(...searching(kind, names[0], pick));
  list();
  document.body.append(dialog);
  dialog.showModal();
  body.querySelector("input")?.focus();
}

/* The list with its search and its upload. */
function searching(kind, name, pick) {
  const grid = make("ul", { class: "media-grid", "aria-label": `${name}s in the library` });
  const told = make("p", { class: "text-secondary", role: "status" });
  const more = make("button", { type: "button", class: "btn", hidden: true }, "Show more");
  const search = make("input", { type: "search", class: "form-control", id: "media-search", maxlength: 200 });
  let asked = 0;
  const show = async (url, isMore = false) => {
    const mine = (asked += 1);
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok) { told.textContent = "The library does not answer at this moment."; return; }
    const { items, next } = await answer.json();
    if (!isMore) grid.replaceChildren();
    grid.append(...items.map((item) => card(item, pick)));
    told.textContent = items.length || isMore ? "" : `There is no such ${name}.`;
    more.hidden = !next;
    more.onclick = () => show(next, true);
  };
  const first = () => show(`${library().choose}?${new URLSearchParams({ kind, size: 25, ...(search.value ? { search: search.value } : {}) })}`);
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(first, 250); });
  first();
  const parts = [make("div", { class: "field" }, make("label", { class: "form-label", for: "media-search" }, `Search ${name}s`), search), told, grid, more];
  if (library().upload) {
    const upload = make("details", { class: "fold media-dialog-upload", id: "dialog-uploads" }, make("summary", {}, `Upload a new ${name}`));
    offerUploads(upload, { url: library().upload, only: kind === "image" ? "image/*" : "", stored: (item) => { if (item.kind === kind) pick(item); } });
    parts.splice(1, 0, upload);
  }
  return parts;
}

function card(item, pick) {
  const picture = item.thumbnail ? make("img", { src: item.thumbnail, alt: "", width: 160, height: 160, loading: "lazy" }) : make("span", { class: "media-ending", "aria-hidden": "true" }, item.name.split(".").pop());
  return make("li", { class: "media-card" }, make("button", { type: "button", class: "media-link", onclick: () => pick(item) }, make("span", { class: "media-thumb" }, picture), make("span", { class: "media-title" }, item.title)), make("span", { class: "media-facts" }, item.facts));
}

/* What is said of the chosen one, and how large it is shown. */
function describe(item, { back, insert }) {
  const isImage = item.kind === "image";
  const text = make("input", { class: "form-control", id: "media-text", maxlength: 300, value: isImage ? item.alternative_text : item.title });
  const size = make("select", { class: "form-select", id: "media-size" }, ...item.sizes.map((known, number) => make("option", { value: number }, known.label)));
  const fitting = item.sizes.findLastIndex((known) => known.width && known.width <= WIDEST_AT_FIRST);
  if (isImage) size.value = String(fitting >= 0 ? fitting : item.sizes.length - 1);
  const labelled = (label, control, help = "") => make("div", { class: "field" }, make("label", { class: "form-label", for: control.id }, label), control, ...(help ? [make("small", { class: "form-hint" }, help)] : []));
  const form = make("form", { class: "media-chosen", onsubmit: (event) => { event.preventDefault(); insert({ text: text.value.trim(), size: item.sizes[Number(size.value)] }); } },
    ...(item.thumbnail ? [make("img", { src: item.thumbnail, alt: "", width: 160, height: 160 })] : []),
    make("div", { class: "fields" },
      make("p", {}, `${item.title}, ${item.facts}`),
      labelled(isImage ? "Alternative text" : "Words of the link", text, isImage ? "What the image shows here, for those who do not see it. Empty if it is only decoration." : ""),
      ...(isImage ? [labelled("Size", size, "With a width, small screens get a smaller copy.")] : []),
      make("div", { class: "decision-buttons" }, make("button", { type: "submit", class: "btn btn-primary" }, "Insert"), make("button", { type: "button", class: "btn", onclick: back }, "Back to the library"))));
  setTimeout(() => text.focus());
  return [form];
}
