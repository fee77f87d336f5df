/* Autocomplete: a combobox after the ARIA pattern; the number that is saved stays in the original input. */
import { make } from "./dom.js";

export function improveAutocomplete(box) {
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
      const answer = await fetch(`${box.dataset.autocomplete}?${new URLSearchParams({ term: search.value, ...alsoSent(box) })}`, { headers: { Accept: "application/json" }, signal: request.signal });
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

/* The values of other controls that what is found depends on: `data-with` names them. */
function alsoSent(box) {
  const others = (box.dataset.with || "").split(" ").filter(Boolean).map((id) => document.getElementById(id));
  return Object.fromEntries(others.map((other) => [other.name, other.value]));
}
