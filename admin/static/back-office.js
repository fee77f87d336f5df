/* What scripts add to the back office. Every page works without them; nothing here decides anything. */
"use strict";

const each = (selector, action, within = document) => within.querySelectorAll(selector).forEach(action);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
const csrfToken = () => document.querySelector("meta[name=csrf-token]").content;

/* Lists: choosing rows, and filters that apply when they are chosen. */
function improveLists() {
  each("[data-list-controls]", (form) => {
    each("[data-submits]", (control) => control.addEventListener("change", () => form.requestSubmit()), form);
    form.addEventListener("submit", () => {
      each("input, select", (control) => { if (!control.value) control.disabled = true; }, form);
    });
  });
  window.addEventListener("pageshow", () => each("[data-list-controls] :disabled", (control) => { control.disabled = false; }));
  each("[data-bulk]", (form) => {
    const boxes = [...form.querySelectorAll("input[name=pks]")];
    const all = form.querySelector("[data-choose-all]");
    const count = form.querySelector("[data-bulk-count]");
    if (!all) return;
    const buttons = form.querySelectorAll(".bulk-bar button");
    const show = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
      count.textContent = chosen ? `${chosen} chosen:` : "Choose rows to do something with them.";
      buttons.forEach((button) => { button.hidden = !chosen; });
      boxes.forEach((box) => box.closest("tr").classList.toggle("is-chosen", box.checked));
    };
    all.hidden = false;
    all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); show(); });
    boxes.forEach((box) => box.addEventListener("change", show));
    show();
  });
}

/* Slugs are made of names while the form is new and nobody has written one. */
function slugify(text) {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/[^\w\s-]/g, "").trim().replace(/[\s_-]+/g, "-");
}

function improveSlugs() {
  each("[data-slug-source]", (slug) => {
    const source = document.getElementById(slug.dataset.slugSource);
    if (!source) return;
    let isOwn = slug.value !== "" && slug.value !== slugify(source.value);
    slug.addEventListener("input", () => { isOwn = slug.value !== ""; });
    source.addEventListener("input", () => {
      if (!isOwn) slug.value = slugify(source.value);
    });
  });
}

/* The address of a release's notes follows from its name until somebody writes another. */
function notesUrl(name) {
  const found = /^Python (\d+)\.(\d+)\.(\d+)((?:a|b|rc)\d+)?$/.exec(name.trim());
  if (!found) return "";
  const [, major, minor, micro, stage] = found;
  return stage
    ? `https://docs.python.org/${major}.${minor}/whatsnew/${major}.${minor}.html`
    : `https://docs.python.org/release/${major}.${minor}.${micro}/whatsnew/changelog.html`;
}

function improveReleaseNotes() {
  const name = document.getElementById("name");
  const notes = document.getElementById("release_notes_url");
  const preRelease = document.getElementById("is_pre_release");
  if (!name || !notes || !document.querySelector("[data-slug-source=name]")) return;
  let isOwn = notes.value !== "" && notes.value !== notesUrl(name.value);
  notes.addEventListener("input", () => { isOwn = true; });
  name.addEventListener("input", () => {
    if (!isOwn) notes.value = notesUrl(name.value);
    if (preRelease) preRelease.checked = /(a|b|rc)\d+$/.test(name.value.trim());
  });
}

/* Inline rows: add, remove, order. */
function improveInlines() {
  each("[data-inlines]", (section) => {
    const rows = section.querySelector("[data-inline-rows]");
    const template = section.querySelector("[data-inline-template]");
    const prefix = section.dataset.prefix;
    const count = section.querySelector(".count");
    const renumber = () => {
      [...rows.children].forEach((row, number) => {
        each("[name], [id], [for], [aria-describedby]", (element) => {
          for (const name of ["name", "id", "for", "aria-describedby"]) {
            const value = element.getAttribute(name);
            if (value) element.setAttribute(name, value.replace(new RegExp(`(^|\\s)${prefix}-(\\d+|__index__)-`, "g"), `$1${prefix}-${number}-`));
          }
        }, row);
      });
      count.textContent = rows.children.length;
      section.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const improve = (row) => {
      const remove = row.querySelector("[data-inline-remove]");
      const isNew = !row.querySelector("[name$='-row_id']").value;
      if (remove && isNew) {
        remove.closest("label").replaceWith(make("button", { type: "button", class: "btn btn-sm btn-outline-danger", onclick: () => { row.remove(); renumber(); } }, "Remove"));
      } else if (remove) {
        const show = () => row.classList.toggle("is-removed", remove.checked);
        remove.addEventListener("change", show);
        show();
      }
      const move = (button, step) => {
        if (!button) return;
        button.hidden = false;
        button.addEventListener("click", () => {
          const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
          if (!other) return;
          if (step < 0) other.before(row); else other.after(row);
          renumber();
          button.focus();
        });
      };
      move(row.querySelector("[data-inline-up]"), -1);
      move(row.querySelector("[data-inline-down]"), 1);
      const title = row.querySelector(".inline-title");
      const named = row.querySelector("[name$='-name'], [name$='-title'], [name$='-alternative_text']");
      if (title && named) named.addEventListener("input", () => { if (named.value) title.textContent = named.value; });
      improveFields(row);
    };
    [...rows.children].forEach(improve);
    section.querySelector("[data-inline-add]")?.addEventListener("click", (event) => {
      event.preventDefault();
      rows.append(template.content.cloneNode(true));
      const row = rows.lastElementChild;
      row.open = true;
      renumber();
      improve(row);
      row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
  });
}

/* Autocomplete: a combobox after the ARIA pattern; the number that is saved stays in the original input. */
function improveAutocomplete(box) {
  const kept = box.querySelector("input");
  if (!box.dataset.autocomplete || box.querySelector("[role=combobox]")) return;
  box.querySelector(".autocomplete-shown")?.remove();
  const id = `${kept.id}-search`;
  const list = make("ul", { role: "listbox", id: `${id}-list`, class: "autocomplete-list", "aria-label": box.dataset.label, hidden: true });
  const search = make("input", {
    type: "text", id, class: kept.className, role: "combobox", autocomplete: "off", "aria-expanded": "false",
    "aria-autocomplete": "list", "aria-controls": list.id, "aria-describedby": kept.getAttribute("aria-describedby"), placeholder: "Type to search",
  });
  search.value = box.dataset.shown;
  kept.type = "hidden";
  document.querySelector(`label[for="${kept.id}"]`)?.setAttribute("for", id);
  kept.after(search, list);
  let options = [];
  let active = -1;
  let timer = 0;
  let request = null;
  const close = () => { list.hidden = true; search.setAttribute("aria-expanded", "false"); search.removeAttribute("aria-activedescendant"); active = -1; };
  const choose = (option) => { kept.value = option.id; search.value = option.text; box.dataset.shown = option.text; close(); kept.dispatchEvent(new Event("input", { bubbles: true })); };
  const mark = (number) => {
    active = number;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    const item = list.children[active];
    if (item) { search.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
  };
  const find = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.autocomplete}?term=${encodeURIComponent(search.value)}`, { headers: { Accept: "application/json" }, signal: request.signal });
      if (!answer.ok) return close();
      options = (await answer.json()).results;
    } catch {
      return; // Typed on, or the network is away; the next letter asks again.
    }
    list.replaceChildren(...(options.length ? options.map((option, number) => make("li", {
      role: "option", id: `${id}-${number}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); choose(option); },
    }, option.text, ...(option.detail ? [make("span", { class: "autocomplete-detail" }, option.detail)] : []))) : [make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "autocomplete-none" }, "Nothing found")]));
    list.hidden = false;
    search.setAttribute("aria-expanded", "true");
    mark(options.length ? 0 : -1);
  };
  search.addEventListener("input", () => {
    clearTimeout(timer);
    if (!search.value) { kept.value = ""; box.dataset.shown = ""; return close(); }
    timer = setTimeout(find, 150);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return find();
      if (options.length) mark((active + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (event.key === "Enter" && !list.hidden && options[active]) {
      event.preventDefault();
      choose(options[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  search.addEventListener("blur", () => { close(); search.value = kept.value ? box.dataset.shown : ""; });
}

/* Markup: a toolbar that writes the marks of the chosen kind, and a preview by the site's own renderer. */
const MARKS = {
  markdown: { bold: ["**", "**"], italic: ["*", "*"], code: ["`", "`"], link: ["[", "](https://)"], heading: ["\n## ", "\n"], list: ["\n- ", "\n"] },
  restructuredtext: { bold: ["**", "**"], italic: ["*", "*"], code: ["``", "``"], link: ["`", " <https://>`_"], heading: ["\n", "\n-------\n"], list: ["\n- ", "\n"] },
  html: { bold: ["<strong>", "</strong>"], italic: ["<em>", "</em>"], code: ["<code>", "</code>"], link: ['<a href="https://">', "</a>"], heading: ["\n<h2>", "</h2>\n"], list: ["\n<ul>\n<li>", "</li>\n</ul>\n"] },
};

function improveMarkup(box) {
  const text = box.querySelector("textarea");
  const kind = document.getElementById(text.id.replace(/[^-]+$/, box.dataset.kindField));
  if (!kind || box.querySelector(".markup-tools")) return;
  const marks = () => MARKS[kind.value] || (kind.value.startsWith("html") ? MARKS.html : null);
  const preview = make("div", { class: "markup-preview", role: "region", "aria-label": "Preview", tabindex: "0", hidden: true });
  const wrap = (name) => {
    const [before, after] = marks()[name];
    const { selectionStart: from, selectionEnd: to } = text;
    const chosen = text.value.slice(from, to) || name;
    text.setRangeText(before + chosen + after, from, to, "end");
    text.setSelectionRange(from + before.length, from + before.length + chosen.length);
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const tools = make("div", { class: "markup-tools", role: "toolbar", "aria-label": `Marks for ${text.labels?.[0]?.textContent || "the text"}` },
    ...["bold", "italic", "code", "link", "heading", "list"].map((name) => make("button", { type: "button", class: "btn btn-sm", "data-mark": name, onclick: () => wrap(name) }, name[0].toUpperCase() + name.slice(1))));
  let timer = 0;
  const show = async () => {
    if (preview.hidden) return;
    const body = new URLSearchParams({ source: text.value, kind: kind.value });
    const answer = await fetch(box.dataset.previewUrl, { method: "POST", body, headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) preview.innerHTML = (await answer.json()).html; // Sanitised by the server, exactly as the public page will be.
    else preview.textContent = "There is no preview at this moment.";
  };
  const toggle = make("button", { type: "button", class: "btn btn-sm markup-toggle", "aria-pressed": "false", onclick: () => {
    preview.hidden = !preview.hidden;
    toggle.setAttribute("aria-pressed", String(!preview.hidden));
    show();
  } }, "Preview");
  tools.append(toggle);
  box.prepend(tools);
  box.append(preview);
  const adjust = () => tools.querySelectorAll("[data-mark]").forEach((button) => { button.disabled = !marks(); });
  kind.addEventListener("change", () => { adjust(); show(); });
  text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 400); });
  text.addEventListener("keydown", (event) => {
    const name = { b: "bold", i: "italic" }[event.key.toLowerCase()];
    if ((event.ctrlKey || event.metaKey) && name && marks()) { event.preventDefault(); wrap(name); }
  });
  adjust();
}

function improveFields(within = document) {
  each("[data-autocomplete]", improveAutocomplete, within);
  each("[data-markup]", improveMarkup, within);
}

/* What was typed: a warning before leaving, and a copy in this browser in case the session ends meanwhile. */
function guardSheet(form) {
  const key = `back-office-draft:${form.dataset.draftKey}`;
  const unsaved = form.querySelector("[data-unsaved]");
  const fields = () => [...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && name !== "lock_version" && typeof value === "string");
  const state = () => JSON.stringify(fields());
  const store = (action) => { try { return action(window.sessionStorage); } catch { return null; } };
  const began = state();
  const hasServerErrors = document.querySelector("[data-focus]") !== null;
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
function forgetSavedDraft() {
  try {
    const key = window.sessionStorage.getItem("back-office-submitted");
    if (!key || !document.querySelector(".notice-success")) return;
    window.sessionStorage.removeItem(key);
    window.sessionStorage.removeItem("back-office-submitted");
  } catch {
    // Storage is forbidden; there is no copy either.
  }
}

document.addEventListener("DOMContentLoaded", () => {
  forgetSavedDraft();
  improveLists();
  improveSlugs();
  improveReleaseNotes();
  improveInlines();
  improveFields();
  each("[data-sheet]", guardSheet);
  document.querySelector("[data-focus]")?.focus();
  document.addEventListener("click", (event) => {
    each(".account[open], .more-saves[open]", (menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") each(".account[open], .more-saves[open]", (menu) => { menu.open = false; });
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      const form = document.querySelector("[data-sheet]");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[value=continue]")); }
    }
  });
});
