/* Lists: choosing rows, the numbers beside the filters, and the order of the columns. */
import { each } from "./dom.js";

export function improveLists() {
  each("[data-drops-empty]", dropEmptyFields);
  each("[data-filters]", countOnceOpened);
  each("[data-columns]", moveColumns);
  each("[data-bulk]", chooseRows);
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
}

function closeFromOutside(tool) {
  document.addEventListener("click", (event) => { if (!tool.contains(event.target)) tool.open = false; });
  tool.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !tool.open) return;
    tool.open = false;
    tool.querySelector("summary").focus();
  });
}
