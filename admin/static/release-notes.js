/* The address of a release's notes follows from its name until somebody writes another. */
function notesUrl(name) {
  const found = /^Python (\d+)\.(\d+)\.(\d+)((?:a|b|rc)\d+)?$/.exec(name.trim());
  if (!found) return "";
  const [, major, minor, micro, stage] = found;
  return stage
    ? `https://docs.python.org/${major}.${minor}/whatsnew/${major}.${minor}.html`
    : `https://docs.python.org/release/${major}.${minor}.${micro}/whatsnew/changelog.html`;
}

export function improveReleaseNotes() {
  const name = document.getElementById("name");
  const notes = document.getElementById("release_notes_url");
  const preRelease = document.getElementById("is_pre_release");
  if (!name || !notes || !document.querySelector("[data-slug-source=name]")) return;
  let isOwn = notes.value !== "" && notes.value !== notesUrl(name.value);
  notes.addEventListener("input", () => { isOwn = true; });
  const follow = () => {
    if (!isOwn) notes.value = notesUrl(name.value);
    if (preRelease) preRelease.checked = /(a|b|rc)\d+$/.test(name.value.trim());
  };
  name.addEventListener("input", follow);
  if (!isOwn) notes.value = notesUrl(name.value);
}
