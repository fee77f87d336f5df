/* Hints of a first visit: each has a number, and the control that it speaks of bears the same. */
import { csrfToken, each } from "./dom.js";

export function improveHints() {
  const box = document.querySelector("[data-hints]");
  if (!box) return;
  const hints = [...box.querySelectorAll("[data-hint-of]")];
  const controlOf = (hint) => document.querySelector(`[data-hint="${hint.dataset.hintOf}"]`);
  hints.filter((hint) => !controlOf(hint)).forEach((hint) => hint.remove()); // Told on a page that has the control.
  const shown = hints.filter(controlOf);
  if (!shown.length) return box.remove();
  shown.forEach((hint, place) => controlOf(hint).setAttribute("data-hint-number", place + 1));
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = new FormData(box);
    each("[data-hint-number]", (control) => control.removeAttribute("data-hint-number"));
    box.remove();
    document.getElementById("main").focus();
    fetch(box.action, { method: "POST", body: new URLSearchParams(body), headers: { "X-CSRF-Token": csrfToken() }, redirect: "manual", keepalive: true })
      .catch(() => null); // The network is away; they are shown once more.
  });
}
