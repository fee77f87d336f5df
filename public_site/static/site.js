// What the cached pages cannot hold: fragments that depend on the visitor, and the visitor's operating system.

async function fill(place, address) {
  const response = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
  const html = response.ok ? await response.text() : "";
  if (html.trim()) place.innerHTML = html;
}

// Without an answer the plain link that is there stays. What is for staff is asked for by staff alone: no cache keeps it.
for (const place of document.querySelectorAll("[data-fragment]")) {
  fill(place, place.dataset.fragment)
    .then(() => {
      if (!place.querySelector('a[href="/admin/"]')) return;
      for (const button of document.querySelectorAll("[data-staff-fragment]")) {
        fill(button, button.dataset.staffFragment).catch(() => {});
      }
    })
    .catch(() => {});
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
