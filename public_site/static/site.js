// What the cached pages cannot hold: fragments that depend on the visitor, and the visitor's operating system.

async function fill(place, address) {
  const response = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
  const html = response.ok ? await response.text() : "";
  if (html.trim()) place.innerHTML = html;
}

// Somebody who sees more than guests gets the menus whole; what was marked as the present page stays marked.
function putMenusInPlace(within) {
  for (const instead of within.querySelectorAll("template[data-menu-instead]")) {
    const menu = document.querySelector(`[data-menu="${instead.dataset.menuInstead}"]`);
    const marks = new Map([...menu.querySelectorAll("a[aria-current]")].map((link) => [link.href, link.getAttribute("aria-current")]));
    menu.replaceChildren(instead.content);
    menu.hidden = !menu.querySelector("a");
    for (const link of menu.querySelectorAll("a")) {
      link.removeAttribute("aria-current");
      if (marks.has(link.href)) link.setAttribute("aria-current", marks.get(link.href));
    }
  }
}

// Without an answer the plain link that is there stays. What is for staff is asked for by staff alone: no cache keeps it.
for (const place of document.querySelectorAll("[data-fragment]")) {
  fill(place, place.dataset.fragment)
    .then(() => {
      putMenusInPlace(place);
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

// On phones these tables are laid out as blocks, and some browsers take them for tables no longer. The roles are given here, because in the
// page they would be errors: there, each element says by itself what it is.
const ROLES = { table: "table.files", rowgroup: "thead, tbody", row: "tr", columnheader: "th[scope=col]", rowheader: "th[scope=row]", cell: "td" };
for (const [role, elements] of Object.entries(ROLES)) {
  const within = role === "table" ? elements : `table.files :is(${elements})`;
  for (const element of document.querySelectorAll(within)) element.setAttribute("role", role);
}
