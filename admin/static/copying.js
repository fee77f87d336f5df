/* A value to be copied: a button beside its field, where the browser allows it. */
import { each } from "./dom.js";

export function improveCopying() {
  if (!navigator.clipboard) return;
  each("[data-copies]", (box) => {
    const field = box.querySelector("input");
    const button = box.querySelector("[data-copy]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    });
  });
}
