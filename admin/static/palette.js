/* One search over everything, in a window above the page: a combobox after the ARIA pattern, in a native dialog. */
import { make } from "./dom.js";

const MOST_REMEMBERED = 20;
const PAUSE = 90;

export function improveSearch() {
  const link = document.querySelector("[data-palette]");
  if (!link || !window.HTMLDialogElement) return;
  rememberThisPage();
  const palette = makePalette(link.dataset.palette);
  const opener = make("button", { type: "button", class: link.className, "aria-haspopup": "dialog", "aria-keyshortcuts": "Control+K Meta+K", "data-hint": link.dataset.hint,
    "data-shortcut": link.dataset.shortcut, "data-shortcut-label": link.dataset.shortcutLabel, onclick: palette.open }, ...link.childNodes, make("kbd", { "aria-hidden": "true" }, isMac() ? "⌘K" : "Ctrl K"));
  link.replaceWith(opener);
}

export const isMac = () => /mac|iphone|ipad/i.test(navigator.platform);

/* What was opened here, as numbers alone: their names are asked for anew, of a server that knows who may read them. */
const memory = () => `back-office-opened:${document.body.dataset.person}`;

function remembered() {
  try {
    return JSON.parse(window.localStorage.getItem(memory()) || "[]");
  } catch {
    return []; // Storage is forbidden; nothing is remembered.
  }
}

function rememberThisPage() {
  const place = document.body.dataset.object;
  if (!place) return;
  const places = [place, ...remembered().filter((other) => other !== place)].slice(0, MOST_REMEMBERED);
  try {
    window.localStorage.setItem(memory(), JSON.stringify(places));
  } catch {
    // Storage is forbidden; nothing is remembered.
  }
}

function makePalette(url) {
  const list = make("div", { role: "listbox", id: "palette-list", class: "palette-list", "aria-label": "What was found" });
  const said = make("p", { class: "visually-hidden", role: "status" });
  const input = make("input", {
    type: "text", role: "combobox", class: "palette-input", "aria-label": "Search everything", "aria-expanded": "true", "aria-controls": list.id, "aria-autocomplete": "list",
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "100", placeholder: "A page, a release, a person, a command …",
  });
  const dialog = make("dialog", { class: "palette", "aria-label": "Search everything" },
    make("div", { class: "palette-line" }, input, make("button", { type: "button", class: "btn btn-sm", onclick: () => dialog.close() }, "Close")), said, list);
  document.body.append(dialog);
  let options = [];
  let active = -1;
  let timer = 0;
  let request = null;

  const mark = (number) => {
    options[active]?.setAttribute("aria-selected", "false");
    active = number;
    const option = options[active];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const follow = (result, event) => {
    if (result.url && (event.ctrlKey || event.metaKey)) return window.open(result.url, "_blank", "noopener");
    dialog.close();
    if (result.url) window.location.assign(result.url);
    else document.querySelector(`[data-command="${result.action}"]`)?.click();
  };
  const optionOf = (result) => {
    const option = make("div", { role: "option", id: `palette-${options.length}`, class: "palette-option", "aria-selected": "false",
      onclick: (event) => follow(result, event), onpointermove: () => mark(options.indexOf(option)) },
    make("span", { class: "palette-label" }, result.label), " ");
    if (result.state) option.append(make("span", { class: `badge mark-${result.state.toLowerCase()}` }, result.state), " ");
    if (result.detail) option.append(make("span", { class: "palette-detail" }, result.detail));
    if (result.shortcut) option.append(make("kbd", {}, result.shortcut));
    option.result = result;
    options.push(option);
    return option;
  };
  const groupOf = (group, number) => {
    const name = make("div", { class: "palette-group", id: `palette-group-${number}`, role: "presentation" }, group.label);
    const rest = group.all_url ? [{ label: `All that match in ${group.label.toLowerCase()}`, url: group.all_url }] : [];
    return make("div", { role: "group", "aria-labelledby": name.id }, name, ...[...group.results, ...rest].map(optionOf));
  };
  const show = (groups) => {
    options = [];
    list.replaceChildren(...groups.map(groupOf));
    const count = groups.reduce((sum, group) => sum + group.results.length, 0);
    said.textContent = count ? `${count} ${count === 1 ? "result" : "results"}.` : "Nothing was found.";
    if (!count) list.replaceChildren(make("p", { class: "palette-none", role: "presentation" }, "Nothing was found. Try the beginning of a word."));
    active = -1;
    mark(options.length ? 0 : -1);
  };
  const fail = (sentence) => { options = []; list.replaceChildren(make("p", { class: "palette-none", role: "presentation" }, sentence)); said.textContent = sentence; mark(-1); };
  const find = async () => {
    request?.abort();
    request = new AbortController();
    const query = new URLSearchParams({ q: input.value });
    if (!input.value.trim()) remembered().forEach((place) => query.append("opened", place));
    try {
      const answer = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" }, signal: request.signal });
      if (answer.redirected) fail("Your session has ended. Load the page again to sign in.");
      else if (!answer.ok) fail("The search does not answer at this moment.");
      else show((await answer.json()).groups);
    } catch (error) {
      if (error.name !== "AbortError") fail("The search cannot be reached at this moment.");
    }
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, PAUSE); });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      mark((active + step + options.length) % options.length);
    } else if (event.key === "Enter" && options[active] && !event.isComposing) {
      event.preventDefault();
      follow(options[active].result, event);
    }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  const open = () => {
    if (dialog.open) return dialog.close();
    input.value = "";
    options = [];
    list.replaceChildren();
    dialog.showModal();
    input.focus();
    find();
  };
  return { open };
}
