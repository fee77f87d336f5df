/* The preview: what is typed, in the public page, beside the form. The page arrives from the site's own renderer and is shown without scripts. */
import { csrfToken, each, make } from "./dom.js";

const PAUSE = 500;
const WIDTHS = { Desktop: 1280, Phone: 390 };
const WIDE = "(min-width: 75rem)";
const SCRIPTS = /<script\b[^>]*>[\s\S]*?<\/script>/gi;

const remembered = (name, fallback) => { try { return window.localStorage.getItem(`back-office-preview-${name}`) ?? fallback; } catch { return fallback; } };
const remember = (name, value) => { try { window.localStorage.setItem(`back-office-preview-${name}`, value); } catch { /* Storage is forbidden; nothing is remembered. */ } };

export function improvePreview() {
  const button = document.querySelector("[data-preview]");
  const form = button?.closest("form");
  const frame = document.querySelector(".frame");
  if (!form || !frame) return;
  const pane = makePane(() => toggle(false));
  let timer = 0;
  let request = null;

  const update = async () => {
    request?.abort();
    const own = new AbortController();
    request = own;
    pane.say("Updating…");
    const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    try {
      const answer = await fetch(button.dataset.preview, {
        method: "POST", body: new URLSearchParams(typed), signal: own.signal, headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" },
      });
      if (answer.ok) pane.show(await answer.text());
      else if (answer.status === 422) pane.say(`This is the last preview that could be made. ${(await answer.json()).message}`, true);
      else pane.say(answer.status === 403 ? "You may not preview this, or you are signed out. Nothing that you typed is lost." : "There is no preview at this moment.", true);
    } catch (error) {
      if (error.name !== "AbortError") pane.say("There is no preview at this moment; the network may be away.", true);
    }
  };
  const soon = () => {
    if (!pane.isOpen()) return;
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE);
  };
  /* A pane that covers everything leaves nothing behind it to be reached by the keyboard. */
  const cover = () => each(".topbar, .menu, .content", (part) => { part.inert = pane.isOpen() && !window.matchMedia(WIDE).matches; });
  const toggle = (isOpen) => {
    pane.open(isOpen ? frame : null);
    cover();
    button.setAttribute("aria-pressed", String(isOpen));
    document.body.classList.toggle("has-preview", isOpen);
    if (window.matchMedia(WIDE).matches) remember("open", String(isOpen));
    clearTimeout(timer);
    if (isOpen) update();
    else { request?.abort(); button.focus(); }
  };

  button.type = "button";
  button.removeAttribute("formaction");
  button.removeAttribute("formtarget");
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => toggle(!pane.isOpen()));
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  window.matchMedia(WIDE).addEventListener("change", cover);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && pane.isOpen() && !window.matchMedia(WIDE).matches) toggle(false);
  });
  if (remembered("open", "false") === "true" && window.matchMedia(WIDE).matches) toggle(true);
}

function makePane(close) {
  const state = make("p", { class: "preview-state", role: "status" });
  const shownIn = make("div", { class: "preview-window" });
  const closing = make("button", { type: "button", class: "btn btn-sm", onclick: close }, "Close");
  const choices = Object.keys(WIDTHS).map((name) => make("button", { type: "button", class: "btn btn-sm", onclick: () => { choose(name); remember("width", name); } }, name));
  const element = make("aside", { class: "preview-pane", "aria-label": "Preview" }, make("div", { class: "preview-head" }, make("h2", {}, "Preview"), ...choices, closing, state), shownIn);
  let width = 0;

  const say = (sentence, isTrouble = false) => {
    state.textContent = sentence;
    state.classList.toggle("is-trouble", isTrouble);
  };
  /* Each width is a real one, so that the page lays itself out for it; what does not fit is made smaller. */
  const fit = () => {
    const room = shownIn.getBoundingClientRect();
    if (!room.width) return;
    const scale = Math.min(1, room.width / width);
    each("iframe", (page) => {
      page.style.width = `${width}px`;
      page.style.height = `${room.height / scale}px`;
      page.style.transform = `scale(${scale})`;
      page.style.left = `${Math.max(0, (room.width - width * scale) / 2)}px`;
    }, shownIn);
  };
  const choose = (name) => {
    width = WIDTHS[name] ?? WIDTHS.Desktop;
    choices.forEach((choice) => choice.setAttribute("aria-pressed", String(WIDTHS[choice.textContent] === width)));
    fit();
  };
  /* The next page is laid out unseen and takes the place of the last one where the reader had scrolled to. */
  const show = (html) => {
    each(".is-coming", (page) => page.remove(), shownIn);
    const last = shownIn.querySelector("iframe");
    const next = make("iframe", { class: "is-coming", title: "The page as readers will see it", sandbox: "allow-same-origin", srcdoc: html.replace(SCRIPTS, "") }); // The sandbox runs no script; of each it would complain.
    next.addEventListener("load", () => {
      if (!next.isConnected || !next.classList.contains("is-coming")) return;
      const place = last?.contentWindow;
      if (place) next.contentWindow?.scrollTo(place.scrollX, place.scrollY);
      next.classList.remove("is-coming");
      last?.remove();
      say("As it will look once it is published.");
    });
    shownIn.append(next);
    fit();
  };
  new ResizeObserver(fit).observe(shownIn);
  choose(remembered("width", window.matchMedia(WIDE).matches ? "Desktop" : "Phone"));
  return {
    say,
    show,
    isOpen: () => element.isConnected,
    open: (within) => {
      if (!within) element.remove();
      else { within.append(element); if (!window.matchMedia(WIDE).matches) closing.focus(); }
    },
  };
}
