/* What was typed: a warning before leaving, and a copy in this browser in case the session ends meanwhile. */
import { each, make } from "./dom.js";

export function guardSheet(form) {
  const key = `back-office-draft:${form.dataset.draftKey}`;
  const unsaved = form.querySelector("[data-unsaved]");
  const fields = () => [...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && name !== "lock_version" && typeof value === "string");
  const state = () => JSON.stringify(fields());
  const store = (action) => { try { return action(window.sessionStorage); } catch { return null; } };
  const began = state();
  const hasServerErrors = document.querySelector("[data-focus]") !== null || form.dataset.isChanged !== undefined;
  let isLeaving = false;
  let timer = 0;
  const isChanged = () => hasServerErrors || state() !== began;
  const kept = store((storage) => storage.getItem(key));
  if (kept && kept !== began && !hasServerErrors) offer(kept);
  form.addEventListener("input", () => {
    if (unsaved) unsaved.hidden = !isChanged();
    clearTimeout(timer);
    timer = setTimeout(() => store((storage) => (isChanged() ? storage.setItem(key, state()) : storage.removeItem(key))), 300);
  });
  form.addEventListener("submit", (event) => {
    isLeaving = true;
    store((storage) => storage.setItem(key, state()));
    store((storage) => storage.setItem("back-office-submitted", key));
    if (event.submitter?.dataset.inlineAdd !== undefined) isLeaving = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && isChanged()) event.preventDefault();
  });
  function offer(text) {
    const notice = make("div", { class: "notice notice-info", role: "status" }, "What you typed here earlier was not saved. ",
      make("button", { type: "button", class: "btn btn-sm", onclick: () => { restore(JSON.parse(text)); notice.remove(); } }, "Put it back"), " ",
      make("button", { type: "button", class: "btn btn-sm btn-ghost", onclick: () => { store((storage) => storage.removeItem(key)); notice.remove(); } }, "Forget it"));
    form.before(notice);
  }
  function restore(values) {
    if (!form.dispatchEvent(new CustomEvent("restore", { detail: values, cancelable: true }))) return;
    const wanted = new Map();
    values.forEach(([name, value]) => wanted.set(name, [...(wanted.get(name) || []), value]));
    each("[data-inlines]", (section) => {
      const numbers = [...wanted.keys()].map((name) => new RegExp(`^${section.dataset.prefix}-(\\d+)-`).exec(name)?.[1]).filter(Boolean).map(Number);
      const missing = Math.max(-1, ...numbers) + 1 - section.querySelector("[data-inline-rows]").children.length;
      for (let added = 0; added < missing; added += 1) section.querySelector("[data-inline-add]")?.click();
    }, form);
    each("input, select, textarea", (control) => {
      if (!control.name || control.type === "file" || control.name === "csrf_token" || control.name === "lock_version") return;
      const found = wanted.get(control.name) || [];
      if (control.type === "checkbox" || control.type === "radio") control.checked = found.includes(control.value);
      else if (found.length) control.value = found[0];
    }, form);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/* A form that was sent and not shown again with its errors has been saved: its copy is no longer needed. */
export function forgetSavedDraft() {
  try {
    const key = window.sessionStorage.getItem("back-office-submitted");
    if (!key || !document.querySelector(".notice-success")) return;
    window.sessionStorage.removeItem(key);
    window.sessionStorage.removeItem("back-office-submitted");
  } catch {
    // Storage is forbidden; there is no copy either.
  }
}
