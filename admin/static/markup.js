/* Markup: a toolbar that writes the marks of the chosen kind, and a preview by the site's own renderer. */
import { csrfToken, make } from "./dom.js";
import { mediaButtons } from "./media-chooser.js";

const MARKS = {
  markdown: { bold: ["**", "**"], italic: ["*", "*"], code: ["`", "`"], link: ["[", "](https://)"], heading: ["\n## ", "\n"], list: ["\n- ", "\n"] },
  restructuredtext: { bold: ["**", "**"], italic: ["*", "*"], code: ["``", "``"], link: ["`", " <https://>`_"], heading: ["\n", "\n-------\n"], list: ["\n- ", "\n"] },
  html: { bold: ["<strong>", "</strong>"], italic: ["<em>", "</em>"], code: ["<code>", "</code>"], link: ['<a href="https://">', "</a>"], heading: ["\n<h2>", "</h2>\n"], list: ["\n<ul>\n<li>", "</li>\n</ul>\n"] },
};

export function improveMarkup(box) {
  const text = box.querySelector("textarea");
  const kind = document.getElementById(text.id.replace(/[^-]+$/, box.dataset.kindField));
  if (!kind || box.querySelector(".markup-tools")) return;
  const isInline = box.hasAttribute("data-inline-only");
  const marks = () => MARKS[kind.value] || (kind.value.startsWith("html") ? MARKS.html : null);
  const preview = make("div", { class: "markup-preview", role: "region", "aria-label": "Preview", tabindex: "0", hidden: true });
  const wrap = (name) => {
    const [before, after] = marks()[name];
    const { selectionStart: from, selectionEnd: to } = text;
    const chosen = text.value.slice(from, to) || name;
    text.setRangeText(before + chosen + after, from, to, "end");
    text.setSelectionRange(from + before.length, from + before.length + chosen.length);
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const tools = make("div", { class: "markup-tools", role: "toolbar", "aria-label": `Marks for ${text.labels?.[0]?.textContent || "the text"}` },
    ...["bold", "italic", "code", "link", ...(isInline ? [] : ["heading", "list"])].map((name) => make("button", { type: "button", class: "btn btn-sm", "data-mark": name, onclick: () => wrap(name) }, name[0].toUpperCase() + name.slice(1))));
  let timer = 0;
  const show = async () => {
    if (preview.hidden) return;
    const body = new URLSearchParams({ source: text.value, kind: kind.value });
    const answer = await fetch(box.dataset.previewUrl, { method: "POST", body, headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) preview.innerHTML = (await answer.json()).html; // Sanitised by the server, exactly as the public page will be.
    else preview.textContent = "There is no preview at this moment.";
  };
  const toggle = make("button", { type: "button", class: "btn btn-sm markup-toggle", "aria-pressed": "false", onclick: () => {
    preview.hidden = !preview.hidden;
    toggle.setAttribute("aria-pressed", String(!preview.hidden));
    show();
  } }, "Preview");
  const write = (written) => {
    text.setRangeText(written, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  tools.append(...(isInline ? [] : mediaButtons({ kindOf: () => kind.value, write })), toggle);
  box.prepend(tools);
  box.append(preview);
  const adjust = () => tools.querySelectorAll("[data-mark]").forEach((button) => { button.disabled = !marks(); });
  const adjustMedia = () => tools.querySelectorAll("[data-media]").forEach((button) => { button.disabled = kind.value === "plain"; });
  kind.addEventListener("change", () => { adjust(); adjustMedia(); show(); });
  text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 400); });
  text.addEventListener("keydown", (event) => {
    const name = { b: "bold", i: "italic" }[event.key.toLowerCase()];
    if ((event.ctrlKey || event.metaKey) && name && marks()) { event.preventDefault(); wrap(name); }
  });
  adjust();
  adjustMedia();
}
