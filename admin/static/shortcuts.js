/* Keys that do what a control does. A control says so itself, `data-shortcut="g p"`; the overlay lists what this page offers. */
import { csrfToken, make } from "./dom.js";
import { isMac } from "./palette.js";

const PATIENCE = 1200;
const IN_ROWS = [["j", "Next row"], ["k", "Previous row"], ["x", "Choose the row"], ["e", "Open the row"]];

const isTyping = (element) => element.isContentEditable || /^(input|textarea|select)$/i.test(element.tagName) && !/^(checkbox|radio|button|submit)$/.test(element.type);
const offered = () => [...document.querySelectorAll("[data-shortcut]")].filter((element) => !element.disabled && !element.hidden);
const areKeysOn = () => document.body.dataset.withoutKeys === undefined;

export function improveShortcuts() {
  makeOverlay();
  let begun = "";
  let timer = 0;
  const follow = (keys) => {
    const element = offered().find((candidate) => candidate.dataset.shortcut === keys);
    if (element) use(element);
    return Boolean(element);
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (!event.shiftKey && follow(`Ctrl+${event.key.length === 1 ? event.key.toUpperCase() : event.key}`)) event.preventDefault();
      return;
    }
    if (!areKeysOn() || isTyping(event.target) || document.querySelector("dialog[open]") || event.key.length !== 1) return;
    const keys = begun ? `${begun} ${event.key}` : event.key;
    clearTimeout(timer);
    begun = "";
    if (follow(keys) || moveInRows(event.key)) event.preventDefault();
    else if (offered().some((element) => element.dataset.shortcut.startsWith(`${event.key} `))) {
      begun = event.key;
      timer = setTimeout(() => { begun = ""; }, PATIENCE);
    }
  });
}

function use(element) {
  if (isTyping(element)) {
    element.closest("details")?.setAttribute("open", "");
    element.focus();
    element.select?.();
  } else element.click();
}

/* The rows of a list: the link of the row that one is at has the focus, so that Enter opens it. */
function moveInRows(key) {
  const rows = [...document.querySelectorAll("[data-shortcut-rows] tbody tr")];
  const place = rows.indexOf(document.activeElement.closest?.("tr"));
  if (!rows.length || !IN_ROWS.some(([known]) => known === key)) return false;
  const step = { j: 1, k: -1 }[key];
  if (step) rows[Math.min(Math.max(place + step, 0), rows.length - 1)].querySelector("th a, td a")?.focus();
  else if (key === "x") rows[place]?.querySelector("[name=pks]")?.click();
  else rows[place]?.querySelector("th a, td a")?.click();
  return true;
}

function makeOverlay() {
  const opener = document.querySelector("[data-shortcuts]");
  if (!opener || !window.HTMLDialogElement) return;
  const lists = make("div", { class: "keys-lists" });
  const toggle = make("input", { type: "checkbox", class: "form-check-input", id: "keys-on", onchange: () => keep(opener.dataset.shortcuts, toggle.checked) });
  const dialog = make("dialog", { class: "keys", "aria-labelledby": "keys-title" },
    make("div", { class: "keys-head" }, make("h2", { id: "keys-title" }, "Keyboard shortcuts"), make("button", { type: "button", class: "btn btn-sm", onclick: () => dialog.close() }, "Close")),
    lists, make("label", { class: "form-check keys-switch" }, toggle, " ", make("span", { class: "form-check-label" }, "Single keys are shortcuts. Turn this off if you speak to your computer, or press keys by accident.")));
  document.body.append(dialog);
  opener.hidden = false;
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  opener.addEventListener("click", () => {
    toggle.checked = areKeysOn();
    lists.replaceChildren(...groups().map(([title, keys]) => make("section", {}, make("h3", {}, title), make("dl", {}, ...keys.map(line)))));
    opener.closest("details")?.removeAttribute("open");
    dialog.showModal();
  });
}

function groups() {
  const found = { "On this page": [], "Everywhere": [], "Go to": [] };
  offered().forEach((element) => {
    const keys = element.dataset.shortcut;
    const group = keys.startsWith("g ") ? "Go to" : element.closest(".topbar") ? "Everywhere" : "On this page";
    found[group].push([keys, nameOf(element)]);
  });
  if (document.querySelector("[data-shortcut-rows]")) found["On this page"].push(...IN_ROWS);
  return Object.entries(found).filter(([, keys]) => keys.length);
}

const nameOf = (element) => element.dataset.shortcutLabel || element.getAttribute("aria-label") || element.labels?.[0]?.textContent.trim() || element.textContent.trim();

const line = ([keys, name]) => make("div", {}, make("dt", {}, ...keys.split(/(?=[ +])|(?<=[ +])/).map((part) => {
  if (part === " ") return " then ";
  if (part === "+") return " ";
  return make("kbd", {}, part === "Ctrl" && isMac() ? "⌘" : part);
})), make("dd", {}, name));

async function keep(url, isOn) {
  document.body.toggleAttribute("data-without-keys", !isOn);
  const body = new URLSearchParams(isOn ? { has_shortcuts: "y" } : {});
  await fetch(url, { method: "POST", body, headers: { "X-CSRF-Token": csrfToken() }, redirect: "manual" }).catch(() => null); // Else it holds for this page alone.
}
