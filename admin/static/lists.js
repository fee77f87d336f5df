/* Lists: choosing rows, the numbers beside the filters, and the order of the columns. */
import { each, make } from "./dom.js";

export function improveLists() {
  each("[data-drops-empty]", dropEmptyFields);
  each("[data-filters]", countOnceOpened);
  each("[data-columns]", moveColumns);
  each("[data-bulk]", chooseRows);
  each("[data-toggles]", switchInPlace);
  each("[data-run]", watchRun);
  each(".tool", closeFromOutside);
}

/* An address is read by people, so it holds nothing that is empty. */
function dropEmptyFields(form) {
  const fields = () => form.querySelectorAll("input, select");
  form.addEventListener("submit", () => fields().forEach((field) => { if (!field.value) field.disabled = true; }));
  window.addEventListener("pageshow", () => fields().forEach((field) => { field.disabled = false; }));
}

/* Counting takes a moment, so it waits until somebody wants to see the numbers. */
function countOnceOpened(panel) {
  const key = "back-office-filters-open";
  const isWide = window.matchMedia("(min-width: 60rem)").matches;
  const store = (action) => { try { return action(window.localStorage); } catch { return null; } };
  let isCounted = panel.dataset.counted !== undefined;
  each("[data-without-script]", (element) => { element.hidden = true; }, panel);
  const count = async () => {
    if (isCounted) return;
    isCounted = true;
    const answer = await fetch(panel.dataset.filters, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) show(panel, await answer.json());
  };
  panel.addEventListener("toggle", () => {
    store((storage) => storage.setItem(key, panel.open ? "yes" : ""));
    if (panel.open) count();
  });
  if (isWide && store((storage) => storage.getItem(key))) panel.open = true;
}

function show(panel, counts) {
  each("[data-count]", (place) => {
    const [, name, value] = /^([^:]*):(.*)$/.exec(place.dataset.count);
    if (!counts[name]) return;
    const number = counts[name][value] || 0;
    place.textContent = number.toLocaleString("en");
    place.closest(".choice").classList.toggle("is-empty", number === 0);
    if (name === "when") place.closest("li").hidden = number === 0;
  }, panel);
}

function moveColumns(form) {
  each(".column-moves", (moves) => { moves.hidden = false; }, form);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const isUp = button.dataset.move === "up";
    const other = isUp ? item.previousElementSibling : item.nextElementSibling;
    if (!other || !other.querySelector(".column-moves")) return;
    if (isUp) other.before(item);
    else other.after(item);
    button.focus();
  });
}

function chooseRows(form) {
  const boxes = [...form.querySelectorAll("input[name=pks]")];
  const all = form.querySelector("[data-choose-all]");
  const count = form.querySelector("[data-bulk-count]");
  if (!all) return;
  const label = form.querySelector("[data-bulk-all]");
  const every = form.querySelector("input[name=all]");
  const buttons = form.querySelectorAll(".bulk-bar button");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const isWhole = chosen > 0 && chosen === boxes.length;
    if (every && !isWhole) every.checked = false;
    if (label) label.hidden = !isWhole;
    all.checked = isWhole;
    all.indeterminate = chosen > 0 && !isWhole;
    const isEvery = every !== null && every.checked;
    if (isEvery) count.textContent = "Every row that matches:";
    else count.textContent = chosen ? `${chosen} chosen:` : "Choose rows to do something with them.";
    buttons.forEach((button) => { button.hidden = !chosen; });
    boxes.forEach((box) => { box.closest("tr, [data-row]")?.classList.toggle("is-chosen", box.checked); });
  };
  all.hidden = false;
  all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); show(); });
  [...boxes, ...(every ? [every] : [])].forEach((box) => box.addEventListener("change", show));
  form.addEventListener("submit", () => {
    if (!every?.checked) return;
    boxes.forEach((box) => { box.disabled = true; });
  });
  window.addEventListener("pageshow", () => { boxes.forEach((box) => { box.disabled = false; }); show(); });
  show();
}

/* A switch is sent without leaving the list; what came of it is said to those who do not see it. */
function switchInPlace(form) {
  const told = document.querySelector("[data-toggle-told]");
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button?.classList.contains("toggle")) return;
    event.preventDefault();
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, change: button.value });
    const answer = await fetch(button.formAction, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    const found = await answer?.json().catch(() => null);
    button.removeAttribute("aria-busy");
    document.querySelector(".toggle-problem")?.remove();
    if (answer?.ok && found) {
      const row = button.closest("tr");
      button.setAttribute("aria-checked", String(found.is_on));
      each(".toggle", (other) => {
        const wanted = other.getAttribute("aria-checked") === "true" ? "no" : "yes";
        other.value = `${wanted}/${found.version}`;
      }, row);
      told.textContent = found.told;
    } else {
      const problem = found?.problem || "This could not be saved; load the list again.";
      document.querySelector(".list-card").before(make("div", { class: "notice notice-danger toggle-problem", role: "alert" }, problem));
    }
  });
}

/* Asks every second how far a run has come; spoken only now and then, for nobody wants to hear each second. */
function watchRun(section) {
  const progress = section.querySelector("[data-run-progress]");
  const spoken = section.querySelector("[data-run-spoken]");
  let lastSpoken = 0;
  const look = async () => {
    const answer = await fetch(section.dataset.run, { headers: { Accept: "application/json" } }).catch(() => null);
    const state = answer?.ok ? await answer.json() : null;
    if (state) {
      progress.value = state.percent;
      section.querySelector("[data-run-told]").textContent = state.told;
      if (Date.now() - lastSpoken > 10000) {
        spoken.textContent = state.told;
        lastSpoken = Date.now();
      }
      if (!state.is_under_way) { window.location.reload(); return; }
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}

function closeFromOutside(tool) {
  document.addEventListener("click", (event) => { if (!tool.contains(event.target)) tool.open = false; });
  tool.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !tool.open) return;
    tool.open = false;
    tool.querySelector("summary").focus();
  });
}
