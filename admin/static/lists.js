/* Lists: choosing rows, and filters that apply when they are chosen. */
import { each } from "./dom.js";

export function improveLists() {
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
