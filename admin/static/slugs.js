/* Slugs are made of names while the form is new and nobody has written one. */
import { each } from "./dom.js";

function slugify(text) {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/[^\w\s-]/g, "").trim().replace(/[\s_-]+/g, "-");
}

export function improveSlugs() {
  each("[data-slug-source]", (slug) => {
    const source = document.getElementById(slug.dataset.slugSource);
    if (!source) return;
    let isOwn = slug.value !== "" && slug.value !== slugify(source.value);
    slug.addEventListener("input", () => { isOwn = slug.value !== ""; });
    const follow = () => { if (!isOwn) slug.value = slugify(source.value); };
    source.addEventListener("input", follow);
    follow();
  });
}
