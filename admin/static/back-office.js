/* What scripts add to the back office. Every page works without them; nothing here decides anything. */
import { each } from "./dom.js";
import { improveCopying } from "./copying.js";
import { improveFields } from "./fields.js";
import { improveHints } from "./hints.js";
import { improveInlines } from "./inlines.js";
import { improveLists } from "./lists.js";
import { keepLive } from "./live.js";
import { improveOrder } from "./ordering.js";
import { improveMedia } from "./media.js";
import { improveSearch } from "./palette.js";
import { improvePatience } from "./patience.js";
import { improvePresence } from "./presence.js";
import { improvePreview } from "./preview.js";
import { improveMenuTrees } from "./menu-tree.js";
import { improveReleaseUploads } from "./release-uploads.js";
import { improveReleaseNotes } from "./release-notes.js";
import { forgetSavedDraft, guardSheet } from "./sheet.js";
import { improveShortcuts } from "./shortcuts.js";
import { improveSlugs } from "./slugs.js";

forgetSavedDraft();
improveLists();
keepLive();
improveOrder();
improveSlugs();
improveReleaseNotes();
improveReleaseUploads();
improveMenuTrees();
improvePresence();
improveInlines();
improvePatience();
improveFields();
improveMedia();
each("[data-sheet]", guardSheet);
improvePreview();
improveCopying();
improveSearch();
improveHints();
improveShortcuts();
document.querySelector("[data-focus]")?.focus();
document.addEventListener("click", (event) => {
  each(".account[open], .more-saves[open]", (menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") each(".account[open], .more-saves[open]", (menu) => { menu.open = false; });
});
document.documentElement.dataset.ready = "";
