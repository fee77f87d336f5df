/* A menu as a tree: rows moved with their branches by dragging, by buttons and by arrow keys, and each move is said. */
import { each, make } from "./dom.js";

const LEVEL = 36;
const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };

export function improveMenuTrees() {
  each("[data-menu-tree]", improve);
}

function improve(form) {
  const list = form.querySelector("[data-tree-rows]");
  const template = form.querySelector("[data-tree-template]");
  const said = form.querySelector("[data-tree-said]");
  const deepest = Number(form.dataset.deepest);
  const rows = () => [...list.querySelectorAll("[data-tree-row]")];
  const depthOf = (row) => Number(row.dataset.depth);
  const setDepth = (row, depth) => { row.dataset.depth = depth; row.querySelector("[name=depth]").value = depth; };
  const nameOf = (row) => row.querySelector("[name=label]").value.trim() || "New entry";

  /** A row and all that lies below it. */
  const branchOf = (row) => {
    const all = rows();
    const from = all.indexOf(row);
    const end = all.findIndex((other, place) => place > from && depthOf(other) <= depthOf(row));
    return all.slice(from, end < 0 ? all.length : end);
  };
  const before = (row) => {
    for (let other = row.previousElementSibling; other; other = other.previousElementSibling) {
      if (depthOf(other) < depthOf(row)) return null;
      if (depthOf(other) === depthOf(row)) return other;
    }
    return null;
  };
  const after = (row) => {
    const next = branchOf(row).at(-1).nextElementSibling;
    return next && depthOf(next) === depthOf(row) ? next : null;
  };
  const parentOf = (row) => {
    for (let other = row.previousElementSibling; other; other = other.previousElementSibling) if (depthOf(other) < depthOf(row)) return other;
    return null;
  };
  const shift = (branch, levels) => branch.forEach((row) => setDepth(row, depthOf(row) + levels));

  const say = (sentence) => { said.textContent = sentence; };
  const placeOf = (row) => {
    const parent = parentOf(row);
    const beside = rows().filter((other) => depthOf(other) === depthOf(row) && parentOf(other) === parent);
    return `${beside.indexOf(row) + 1} of ${beside.length} ${parent ? `below “${nameOf(parent)}”` : "on the first level"}`;
  };
  const changed = () => {
    form.querySelector("[data-tree-count]").textContent = rows().length;
    form.querySelector("[data-tree-none]").hidden = rows().length > 0;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const moves = {
    up(row) {
      const other = before(row);
      if (other) other.before(...branchOf(row));
      return Boolean(other);
    },
    down(row) {
      const other = after(row);
      if (other) branchOf(other).at(-1).after(...branchOf(row));
      return Boolean(other);
    },
    in(row) {
      const branch = branchOf(row);
      if (!before(row) || Math.max(...branch.map(depthOf)) + 1 >= deepest) return false;
      shift(branch, 1);
      return true;
    },
    out(row) {
      const parent = parentOf(row);
      if (!parent) return false;
      const branch = branchOf(row);
      const last = branchOf(parent).at(-1);
      if (!branch.includes(last)) last.after(...branch);
      shift(branch, -1);
      return true;
    },
  };
  const hindrances = { up: "is the first here", down: "is the last here", in: "cannot lie a level deeper", out: "is on the first level" };

  function move(row, way) {
    if (moves[way](row)) {
      say(`“${nameOf(row)}”, now ${placeOf(row)}.`);
      changed();
    } else {
      say(`“${nameOf(row)}” ${hindrances[way]}.`);
    }
  }

  function remove(row) {
    const next = row.nextElementSibling || row.previousElementSibling;
    const below = branchOf(row).slice(1);
    shift(below, -1);
    row.remove();
    say(`“${nameOf(row)}” was removed${below.length ? "; what lay below it is a level further out" : ""}.`);
    changed();
    (next?.querySelector("[data-tree-handle]") || form.querySelector("[data-tree-add]")).focus();
  }

  function add(values = {}) {
    const row = template.content.firstElementChild.cloneNode(true);
    list.append(row);
    for (const [name, value] of Object.entries(values)) row.querySelector(`[name=${name}]`).value = value;
    setDepth(row, Number(values.depth ?? 0));
    begin(row);
    return row;
  }

  function begin(row) {
    const handle = row.querySelector("[data-tree-handle]");
    handle.hidden = false;
    const name = () => {
      handle.setAttribute("aria-label", `Move “${nameOf(row)}” with the arrow keys`);
      row.querySelector(".tree-buttons").setAttribute("aria-label", `Move or remove “${nameOf(row)}”`);
    };
    name();
    row.querySelector("[name=label]").addEventListener("input", name);
    handle.addEventListener("keydown", (event) => {
      if (!MOVES[event.key]) return;
      event.preventDefault();
      move(row, MOVES[event.key]);
      handle.focus();
    });
    handle.addEventListener("pointerdown", (event) => drag(row, handle, event));
    each("[data-tree-move]", (button) => button.addEventListener("click", (event) => {
      event.preventDefault();
      if (button.dataset.treeMove === "remove") return remove(row);
      move(row, button.dataset.treeMove);
      button.focus();
    }), row);
    const page = row.querySelector("[data-tree-page]");
    row.querySelector("[data-tree-target]").addEventListener("input", (event) => {
      if (page) page.hidden = event.target.value !== row.querySelector("[name=was]").value;
      suggest(event.target);
    });
  }

  /** Follow the pointer with a line that shows where the branch would go, and how deep: left and right choose the level. */
  function drag(row, handle, began) {
    if (began.button !== 0) return;
    const branch = branchOf(row);
    const height = Math.max(...branch.map(depthOf)) - depthOf(row);
    const line = make("li", { class: "tree-drop", "aria-hidden": "true" });
    let place = null;
    const follow = (event) => {
      if (!place && Math.hypot(event.clientX - began.clientX, event.clientY - began.clientY) < 4) return;
      form.classList.add("is-dragging");
      branch.forEach((moved) => moved.classList.add("is-moving"));
      const others = rows().filter((other) => !branch.includes(other));
      const next = others.find((other) => { const box = other.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; }) || null;
      const above = next ? others[others.indexOf(next) - 1] : others.at(-1);
      const most = Math.min(above ? depthOf(above) + 1 : 0, deepest - 1 - height);
      const least = Math.min(next ? depthOf(next) : 0, most);
      const wanted = depthOf(row) + Math.round((event.clientX - began.clientX) / LEVEL);
      place = { next, depth: Math.max(least, Math.min(wanted, most)) };
      line.dataset.depth = place.depth;
      if (next) next.before(line); else list.append(line);
    };
    const stop = (event) => {
      handle.removeEventListener("pointermove", follow);
      document.removeEventListener("keydown", escape);
      form.classList.remove("is-dragging");
      branch.forEach((moved) => moved.classList.remove("is-moving"));
      if (place && event.type === "pointerup") {
        line.replaceWith(...branch);
        shift(branch, place.depth - depthOf(row));
        say(`“${nameOf(row)}”, now ${placeOf(row)}.`);
        changed();
      }
      line.remove();
    };
    const escape = (event) => { if (event.key === "Escape") { handle.releasePointerCapture(began.pointerId); stop(event); } };
    handle.setPointerCapture(began.pointerId);
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", stop, { once: true });
    handle.addEventListener("pointercancel", stop, { once: true });
    document.addEventListener("keydown", escape);
  }

  let timer = 0;
  function suggest(input) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        const answer = await fetch(`${form.dataset.targetsUrl}?term=${encodeURIComponent(input.value)}`, { headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const { results } = await answer.json();
        form.querySelector("#menu-targets").replaceChildren(...results.map(({ target, title }) => make("option", { value: target }, title)));
      } catch {
        // Without suggestions the address is simply typed.
      }
    }, 200);
  }

  form.querySelector("[data-tree-keys]").hidden = false;
  form.querySelector("[data-tree-add]").addEventListener("click", (event) => {
    event.preventDefault();
    const row = add();
    changed();
    say("A new entry at the end.");
    row.querySelector("[name=label]").focus();
  });
  // What was typed before the session ended comes back row by row, as the form sends it.
  form.addEventListener("restore", (event) => {
    event.preventDefault();
    list.replaceChildren();
    let row = {};
    for (const [name, value] of event.detail) {
      if (name === "item") row = {};
      row[name] = value;
      if (name === "visibility") add(row);
    }
    changed();
  });
  rows().forEach(begin);
}
