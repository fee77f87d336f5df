/* The files of a release, dropped or chosen: sent one after the other in parts, again where the line breaks. */
import { csrfToken, each, make } from "./dom.js";

const ATTEMPTS = 5;
const PAUSE = 1500;
const LOST = "The connection was lost. What has arrived is kept.";

export function improveReleaseUploads() {
  each("[data-release-uploads]", improve);
}

function improve(form) {
  const piece = Number(form.dataset.piece);
  const input = form.querySelector("input[type=file]");
  const rows = make("ul", { class: "upload-rows" });
  const told = make("p", { class: "upload-told", role: "status" });
  const area = make("div", { class: "upload-area" }, make("p", {}, "Drop files here, or choose them above."));
  const mayReplace = () => form.querySelector("[name=may_replace]")?.checked ?? false;
  const waiting = [];
  let isSending = false;

  const sendAll = async () => {
    if (isSending) return;
    isSending = true;
    while (waiting.length) await waiting.shift().send();
    isSending = false;
    const left = rows.querySelectorAll(".has-errors").length;
    told.textContent = left ? `${left} of ${rows.children.length} files could not be uploaded. Look at what stands beside each.` : `All is at its place: ${rows.children.length} of ${rows.children.length} files.`;
  };
  const add = (files) => {
    for (const file of files) {
      const row = uploadRow(file, { url: form.action, piece, mayReplace, again: (one) => { waiting.push(one); sendAll(); } });
      rows.append(row.element);
      waiting.push(row);
    }
    told.textContent = "";
    sendAll();
  };
  for (const name of ["dragover", "dragenter"]) area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("is-over"); });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("is-over"));
  area.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
  input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("[type=submit]").hidden = true;
  window.addEventListener("beforeunload", (event) => { if (isSending) event.preventDefault(); });
  form.append(area, rows, told);
}

/* One file on its way: how far it has come, and what became of it. */
function uploadRow(file, { url, piece, mayReplace, again }) {
  const progress = make("progress", { max: Math.max(file.size, 1), value: 0, "aria-label": `Progress of ${file.name}` });
  const state = make("div", { class: "upload-state", role: "status" }, "Waits for its turn.");
  const element = make("li", { class: "upload-row" }, make("span", { class: "media-ending", "aria-hidden": "true" }, file.name.split(".").pop()),
    make("div", { class: "upload-body" }, make("p", { class: "upload-name" }, `${file.name}, ${file.size.toLocaleString("en")} bytes`), progress, state));
  const row = { element, send };

  async function send() {
    element.classList.remove("has-errors");
    state.textContent = "Is being sent.";
    for (let attempt = 1; ; attempt += 1) {
      try {
        const remark = await sendParts();
        element.classList.add("is-done");
        state.replaceChildren("At its place.", ...(remark ? [make("p", { class: "notice notice-warning" }, remark)] : []));
        return;
      } catch (error) {
        if (!error.isFinal && attempt < ATTEMPTS) await new Promise((resolve) => { setTimeout(resolve, PAUSE * attempt); });
        else return refuse(error.isFinal ? error.message : LOST);
      }
    }
  }
  async function sendParts() {
    const begun = await ask(url, new URLSearchParams({ name: file.name, size: file.size, ...(mayReplace() ? { may_replace: "y" } : {}) }));
    let { received } = begun;
    let isComplete = false;
    let remark = "";
    progress.value = received;
    while (!isComplete) {
      const part = await file.slice(received, received + piece).arrayBuffer();
      const checksum = await sumOf(part);
      const answer = await ask(`${begun.url}?${new URLSearchParams({ offset: received, sha256: checksum })}`, part);
      received = answer.received;
      isComplete = answer.is_complete;
      remark = answer.remark;
      progress.value = received;
    }
    return remark;
  }
  function refuse(sentence) {
    element.classList.add("has-errors");
    const button = make("button", { type: "button", class: "btn btn-sm", onclick: () => { button.remove(); again(row); } }, sentence === LOST ? "Go on" : "Try again", make("span", { class: "visually-hidden" }, ` with ${file.name}`));
    state.replaceChildren(make("p", { class: "field-errors" }, sentence), button);
  }
  return row;
}

/* What the server refuses stays refused; what does not arrive, or finds it busy, is worth another attempt. */
async function ask(url, body) {
  const type = body instanceof URLSearchParams ? {} : { "Content-Type": "application/offset+octet-stream" };
  const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json", ...type } });
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  const error = new Error(told.error || "The file was not taken. Load the page again, and try once more.");
  error.isFinal = answer.status < 500;
  throw error;
}

/* Browsers sum only where the connection is safe; elsewhere the server sums alone. */
async function sumOf(part) {
  if (!window.crypto?.subtle) return "";
  const bytes = new Uint8Array(await window.crypto.subtle.digest("SHA-256", part));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
