/* Who else has this form open: asked every 15 seconds while the page is seen. */
import { csrfToken, each, make } from "./dom.js";

const PAUSE = 15_000;

export function improvePresence() {
  each("[data-presence]", (box) => {
    const report = () => fetch(box.dataset.presence, {
      method: "POST", headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" },
    });
    let shown = [...box.querySelectorAll(".notice")].length ? null : "";
    const look = async () => {
      if (document.hidden) return;
      const answer = await report().catch(() => null);
      if (!answer?.ok) return;
      const { others } = await answer.json();
      const text = others.length ? `${others.join(", ")} ${others.length === 1 ? "has" : "have"} this form open, too.` : "";
      if (text === shown) return;
      shown = text;
      box.replaceChildren(...(text ? [make("p", { class: "notice notice-warning" }, text)] : []));
    };
    look();
    setInterval(look, PAUSE);
    window.addEventListener("pagehide", () => {
      navigator.sendBeacon(`${box.dataset.presence}?leaving=1`, new URLSearchParams({ csrf_token: csrfToken() }));
    });
  });
}
