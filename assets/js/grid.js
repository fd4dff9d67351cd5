// The grid by keyboard: one stop for Tab, the arrows from tile to tile, M for what can be done with one.

import { all, on, one, onKey } from "./dom.js";
import { whenChanged } from "./page.js";
import { perform } from "./select.js";
import { deleteTile } from "./tiles.js";

const stops = new WeakMap(); // grid → the link in it that Tab comes to: the last one that had the focus

const links = (grid) => all(":scope > .tile > a.open", grid);

function settle() {
  for (const grid of all(".grid")) {
    const here = links(grid);
    const stop = here.includes(stops.get(grid)) ? stops.get(grid) : here[0];
    for (const control of all("a[href], button, summary, input", grid)) {
      const place = control === stop || control.closest("details[open]") ? 0 : -1;
      if (control.tabIndex !== place) control.tabIndex = place;
    }
  }
}
whenChanged(settle);
document.addEventListener("toggle", settle, true);
on("focusin", ".grid > .tile", (tile) => {
  const link = one(":scope > a.open", tile);
  if (link) stops.set(tile.parentElement, link);
  settle();
});

// The nearest tile in the row above or below.
function inRow(here, link, isBelow) {
  const at = link.getBoundingClientRect();
  const boxes = here.map((other) => ({ other, box: other.getBoundingClientRect() }));
  const beyond = boxes.filter(({ box }) => (isBelow ? box.top >= at.bottom : box.bottom <= at.top));
  const top = (isBelow ? Math.min : Math.max)(...beyond.map(({ box }) => box.top));
  const away = ({ box }) => Math.abs(box.left + box.width / 2 - at.left - at.width / 2);
  const row = beyond
    .filter(({ box }) => Math.abs(box.top - top) < 1)
    .sort((one, two) => away(one) - away(two));
  return row[0]?.other;
}

const STEPS = {
  ArrowLeft: (here, link) => here[here.indexOf(link) - 1],
  ArrowRight: (here, link) => here[here.indexOf(link) + 1],
  ArrowUp: (here, link) => inRow(here, link, false),
  ArrowDown: (here, link) => inRow(here, link, true),
  Home: (here) => here[0],
  End: (here) => here.at(-1),
};

const idOf = (tile) => one("[data-menu]", tile).dataset.menu;
const isChangeable = (tile) => tile.matches(".ready") && one("[data-menu]", tile).dataset.change === "true";

onKey(".grid > .tile > a.open", (link, event) => {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const isMenu = event.key === "m" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  const tile = link.parentElement;
  if (isMenu) one("[data-menu]", tile).click();
  else if (/^[0-5]$/.test(event.key) && isChangeable(tile)) perform("star", event.key, [idOf(tile)]);
  else if (event.key === "Delete") deleteTile(tile);
  else if (STEPS[event.key]) STEPS[event.key](links(link.closest(".grid")), link)?.focus();
  else return;
  event.preventDefault();
});
