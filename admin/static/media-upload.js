/* Uploading several files at once: each with its own description, its own progress and its own errors. */
import { csrfToken, make } from "./dom.js";

const IMAGES = /^image\//;
const LOST = "The connection was lost. Try again.";

/** Fill `box` with a place for files; `stored(item)` is called for each that is in the library, or was already. */
export function offerUploads(box, { url, only = "", stored = () => {} }) {
  const rows = make("ul", { class: "upload-rows" });
  const input = make("input", { class: "visually-hidden", type: "file", id: `${box.id}-files`, multiple: true, accept: only, onchange: () => { add(input.files); input.value = ""; } });
  const area = make("div", { class: "upload-area" },
    make("p", {}, "Drop files here, or ", input, make("label", { class: "btn", for: input.id }, "Choose files"), "."));
  const start = make("button", { type: "button", class: "btn btn-primary", hidden: true, onclick: () => sendAll() });
  const told = make("p", { class: "upload-told", role: "status" });
  const waiting = new Set();
  const count = () => {
    start.hidden = waiting.size === 0;
    start.textContent = waiting.size === 1 ? "Upload the file" : `Upload ${waiting.size} files`;
  };
  const add = (files) => {
    for (const file of files) {
      const row = uploadRow(file, { url, stored: (item) => { waiting.delete(row); count(); stored(item); }, dropped: () => { waiting.delete(row); count(); } });
      waiting.add(row);
      rows.append(row.element);
    }
    count();
    rows.lastElementChild?.querySelector("input")?.focus();
  };
  const sendAll = async () => {
    start.disabled = true;
    const all = [...waiting];
    for (const row of all) await row.send();
    start.disabled = false;
    const left = waiting.size;
    told.textContent = left ? `${all.length - left} of ${all.length} files are in the library. Look at the others.` : `${all.length === 1 ? "The file is" : `All ${all.length} files are`} in the library.`;
    if (left) rows.querySelector(".has-errors input")?.focus();
  };
  for (const name of ["dragover", "dragenter"]) area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("is-over"); });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("is-over"));
  area.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
  box.append(area, rows, told, start);
}

/* One file on its way: what people say of it, how far it has come, and what became of it. */
function uploadRow(file, { url, stored, dropped }) {
  const isImage = IMAGES.test(file.type);
  const picture = isImage ? make("img", { src: URL.createObjectURL(file), alt: "", class: "upload-picture" }) : make("span", { class: "media-ending", "aria-hidden": "true" }, file.name.split(".").pop());
  const title = field("Title", { value: titleOf(file.name), maxlength: 300 });
  const text = field("Alternative text", { maxlength: 300, placeholder: "What the image shows" });
  const decorative = make("input", { type: "checkbox", class: "form-check-input", onchange: () => { text.input.disabled = decorative.checked; } });
  const decoration = make("label", { class: "form-check" }, decorative, " Only decoration");
  const progress = make("progress", { max: 100, value: 0, hidden: true, "aria-label": `Progress of ${file.name}` });
  const told = make("div", { class: "upload-state", role: "status" });
  const drop = make("button", { type: "button", class: "btn btn-sm", "aria-label": `Take ${file.name} off the list`, onclick: () => { element.remove(); dropped(); } }, "Remove");
  const fields = make("div", { class: "upload-fields" }, title.element, ...(isImage ? [text.element, decoration] : []));
  const element = make("li", { class: "upload-row" }, picture, make("div", { class: "upload-body" }, make("p", { class: "upload-name" }, `${file.name}, ${sizeOf(file.size)}`), fields, progress, told), drop);
  let mayRepeat = false;

  const finish = (item, sentence) => {
    element.classList.add("is-done");
    fields.remove();
    drop.remove();
    told.replaceChildren(sentence, " ", make("a", { href: item.edit_url, target: "_blank" }, `Open “${item.title}”`));
    stored(item);
  };
  const refuse = (answer) => {
    for (const [name, place] of [["title", title], ["alternative_text", text]]) place.refuse(answer.errors?.[name]);
    const others = Object.entries(answer.errors || {}).filter(([name]) => !["title", "alternative_text"].includes(name)).flatMap(([, found]) => found);
    told.replaceChildren(...others.map((sentence) => make("p", { class: "field-errors" }, sentence)));
    if (!answer.same) return;
    told.append(
      make("button", { type: "button", class: "btn btn-sm", onclick: () => finish(answer.same, "The one that is here is used.") }, "Use the one that is here"), " ",
      make("button", { type: "button", class: "btn btn-sm", onclick: () => { mayRepeat = true; send(); } }, "Keep both"),
    );
  };
  const send = async () => {
    const body = new FormData();
    body.append("title", title.input.value);
    if (isImage && !decorative.checked) body.append("alternative_text", text.input.value);
    if (isImage && decorative.checked) body.append("is_decorative", "y");
    if (mayRepeat) body.append("may_repeat", "y");
    body.append("upload", file);
    progress.hidden = false;
    told.textContent = "";
    const { status, answer } = await post(url, body, (part) => { progress.value = part; });
    progress.hidden = true;
    if (status === 201) finish(answer.item, "In the library.");
    else refuse(answer);
  };
  return { element, send };
}

function field(label, attributes) {
  const input = make("input", { class: "form-control", ...attributes });
  const errors = make("span", { class: "field-errors" });
  const element = make("label", { class: "upload-field" }, make("span", { class: "form-label" }, label), input, errors);
  const refuse = (sentences) => {
    errors.textContent = (sentences || []).join(" ");
    element.classList.toggle("has-errors", Boolean(sentences));
    input.setAttribute("aria-invalid", String(Boolean(sentences)));
  };
  return { element, input, refuse };
}

/* XMLHttpRequest, because fetch does not tell how much of a file has been sent. */
function post(url, body, told) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const lost = (sentence) => resolve({ status: 0, answer: { errors: { upload: [sentence] } } });
    request.open("POST", url);
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) told(Math.round((100 * event.loaded) / event.total)); });
    request.addEventListener("error", () => lost(LOST));
    request.addEventListener("load", () => {
      try {
        resolve({ status: request.status, answer: JSON.parse(request.responseText) });
      } catch {
        lost(request.status === 413 ? "This file is too large." : "This file was not taken. Load the page again, and try once more.");
      }
    });
    request.send(body);
  });
}

function titleOf(name) {
  const words = name.replace(/\.[^.]*$/, "").replace(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function sizeOf(size) {
  return size < 1e6 ? `${Math.ceil(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
