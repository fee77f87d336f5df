/* A form whose answer may take a while says so on its button, and is not sent twice. */
import { each } from "./dom.js";

export function improvePatience() {
  each("form[data-patience]", (form) => {
    let pressed = null;
    form.addEventListener("submit", (event) => {
      if (pressed) { event.preventDefault(); return; }
      pressed = event.submitter;
      if (!pressed?.dataset.meanwhile) return;
      // A disabled button would not be sent with the form.
      pressed.setAttribute("aria-busy", "true");
      pressed.dataset.label = pressed.textContent;
      pressed.textContent = pressed.dataset.meanwhile;
    });
    window.addEventListener("pageshow", () => {
      if (pressed?.dataset.label) pressed.textContent = pressed.dataset.label;
      pressed?.removeAttribute("aria-busy");
      pressed = null;
    });
  });
}
