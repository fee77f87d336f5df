/* The pages of the media library: uploading several files, and pointing at what matters in an image. */
import { each, make } from "./dom.js";
import { offerUploads } from "./media-upload.js";

const STEP = 1;
const LEAP = 10;

export function improveMedia() {
  each("[data-media-upload]", (form) => {
    const box = make("section", { class: "card", id: "uploads", "aria-label": "Files to upload" });
    form.replaceWith(box);
    offerUploads(box, { url: form.action });
  });
  each("[data-focal-point]", improveFocalPoint);
}

function improveFocalPoint(picture) {
  const [left, top] = ["focal_x", "focal_y"].map((name) => document.getElementById(name));
  if (!left || !top || left.readOnly) return;
  const mark = make("button", { type: "button", class: "focal-mark", "aria-label": "What matters in the image; move with the arrow keys" });
  picture.append(mark);
  const show = () => {
    mark.style.left = `${left.value || 50}%`;
    mark.style.top = `${top.value || 50}%`;
  };
  const put = (x, y) => {
    const inside = (value) => String(Math.round(Math.max(0, Math.min(100, value))));
    [left.value, top.value] = [inside(x), inside(y)];
    left.dispatchEvent(new Event("input", { bubbles: true }));
    show();
  };
  const point = (event) => {
    const box = picture.querySelector("img").getBoundingClientRect();
    put(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100);
  };
  picture.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    point(event);
    mark.focus();
  });
  picture.addEventListener("pointermove", (event) => { if (picture.hasPointerCapture(event.pointerId)) point(event); });
  mark.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? LEAP : STEP;
    const [x, y] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key] || [0, 0];
    if (!x && !y) return;
    event.preventDefault();
    put(Number(left.value) + x, Number(top.value) + y);
  });
  for (const field of [left, top]) field.addEventListener("input", show);
  show();
}
