/* Lists in an order of their own: rows are moved by their buttons or dragged, without the page being loaded anew. */
import { csrfToken, each } from "./dom.js";

export function improveOrder() {
  each("[data-order]", (table) => {
    const form = document.getElementById(table.dataset.order);
    const told = form.querySelector("[data-told]");
    const body = table.tBodies[0];
    const rowOf = (element) => element.closest("tr[data-row]");

    const number = () => [...body.rows].forEach((row, index) => {
      row.querySelector("[data-place]").textContent = index + 1;
      row.querySelector("[name=up]").disabled = index === 0;
      row.querySelector("[name=down]").disabled = index === body.rows.length - 1;
    });

    // What the server refuses is undone by loading the list as it is.
    const keep = async (row) => {
      number();
      const fields = new URLSearchParams({ moved: row.dataset.row, before: row.nextElementSibling?.dataset.row ?? "" });
      const answer = await fetch(form.action, {
        method: "POST", body: fields, headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" },
      }).catch(() => null);
      if (!answer?.ok) { location.reload(); return; }
      told.textContent = (await answer.json()).said;
    };

    body.addEventListener("click", (event) => {
      const button = event.target.closest("[name=up], [name=down]");
      if (!button) return;
      event.preventDefault();
      const row = rowOf(button);
      if (button.name === "up") row.previousElementSibling?.before(row);
      else row.nextElementSibling?.after(row);
      keep(row);
      (button.disabled ? row.querySelector("[name=up]:enabled, [name=down]:enabled") : button)?.focus();
    });

    let dragged = null;
    let began = null;
    each("[data-order-handle]", (handle) => {
      handle.hidden = false;
      handle.addEventListener("pointerdown", () => { rowOf(handle).draggable = true; });
      handle.addEventListener("pointerup", () => { rowOf(handle).draggable = false; });
    }, body);
    body.addEventListener("dragstart", (event) => {
      dragged = rowOf(event.target);
      began = dragged.nextElementSibling;
      event.dataTransfer.effectAllowed = "move";
      dragged.classList.add("is-dragged");
    });
    body.addEventListener("dragover", (event) => {
      const over = rowOf(event.target);
      if (!dragged) return;
      event.preventDefault();
      if (!over || over === dragged) return;
      const { top, height } = over.getBoundingClientRect();
      if (event.clientY < top + height / 2) over.before(dragged);
      else over.after(dragged);
    });
    body.addEventListener("dragend", () => {
      dragged.classList.remove("is-dragged");
      dragged.draggable = false;
      if (dragged.nextElementSibling !== began) keep(dragged);
      dragged = null;
    });
  });
}
