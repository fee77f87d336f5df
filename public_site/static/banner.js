// Lets visitors close a banner. What they closed is remembered in their own browser, and by no cookie.
(() => {
  const KEY = "closed-banners";
  const MOST = 20;
  const banner = document.querySelector("[data-banner]");
  const button = banner.querySelector(".banner-close");

  // A browser may refuse to remember anything; then closing lasts as long as the page.
  const closed = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  };

  banner.hidden = closed().includes(banner.dataset.banner);
  button.hidden = false;
  button.addEventListener("click", () => {
    banner.hidden = true;
    document.getElementById("content")?.focus({ preventScroll: true });
    try {
      localStorage.setItem(KEY, JSON.stringify([...closed(), banner.dataset.banner].slice(-MOST)));
    } catch {
      // Nothing is lost but the memory of it.
    }
  });
})();
