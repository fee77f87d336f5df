// What the cached pages cannot hold: fragments that depend on the visitor, and the visitor's operating system.

for (const place of document.querySelectorAll("[data-fragment]")) {
  fetch(place.dataset.fragment, { credentials: "same-origin", headers: { Accept: "text/html" } })
    .then((response) => (response.ok ? response.text() : ""))
    .then((html) => {
      if (html.trim()) place.innerHTML = html;
    })
    .catch(() => {}); // Without an answer the plain link that is there stays.
}

const SYSTEMS = [
  ["android", /android/i],
  ["ios", /iphone|ipad|ipod/i],
  ["windows", /win/i],
  ["macos", /mac/i],
  ["source", /linux|bsd|x11|cros/i],
];
const platform = navigator.userAgentData?.platform || navigator.userAgent;
const system = SYSTEMS.find(([, pattern]) => pattern.test(platform))?.[0];
for (const card of document.querySelectorAll(`[data-system="${system}"]`)) {
  card.classList.add("is-yours");
  card.parentNode.prepend(card);
}
