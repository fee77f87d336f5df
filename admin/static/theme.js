/* Chooses light or dark before the first paint: what the person chose here, else what their system says. */
"use strict";
(() => {
  const KEY = "back-office-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null; // Storage is forbidden; the system's choice counts.
    }
  };
  const apply = () => {
    const theme = chosen() || (system.matches ? "dark" : "light");
    document.documentElement.setAttribute("data-bs-theme", theme);
    const button = document.querySelector("[data-theme-switch]");
    if (button) {
      button.hidden = false;
      button.textContent = theme === "dark" ? "Light mode" : "Dark mode";
    }
  };
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
      const now = document.documentElement.getAttribute("data-bs-theme");
      try {
        window.localStorage.setItem(KEY, now === "dark" ? "light" : "dark");
      } catch {
        // Storage is forbidden; the choice cannot be kept.
      }
      apply();
    });
    const fold = document.querySelector("[data-menu-fold]");
    if (fold && window.matchMedia("(max-width: 60rem)").matches) fold.open = false;
  });
})();
