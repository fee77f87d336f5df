/* Inline rows: add, remove, order. */
import { each, make } from "./dom.js";
import { improveFields } from "./fields.js";

export function improveInlines() {
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
