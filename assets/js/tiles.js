// Tiles: the menu, the spritesheet under the pointer, pictures that do not come, more tiles near the end.

import { all, on, one } from "./dom.js";
import { openMenu } from "./menu.js";
import { whenChanged } from "./page.js";

export function openTileMenu(button) {
  const menu = fillTileMenu(button);
  openMenu(menu, button);
}

// Have the menu be about the tile of a button.
function fillTileMenu(button) {
  const menu = one("#tile-menu");
  const item = (name) => one(`[data-item="${name}"]`, menu);
  const isReady = button.dataset.look === "ready";
  const looksOn = button.dataset.change === "false"; // a viewer of a project
  menu.dataset.video = button.dataset.menu;
  item("download").href = `/api/videos/${button.dataset.menu}/content?variant=video&download=1`;
  item("download").hidden = !isReady;
  item("remix").hidden = !isReady || looksOn;
  item("edit").hidden = button.dataset.look !== "failed" || looksOn;
  const { stake } = button.dataset; // what it costs although it is deleted
  item("delete").hidden = Boolean(stake) || looksOn;
  item("delete-at-once").hidden = !stake || looksOn;
  item("delete-at-once").open = false;
  one("[data-cost]", menu).textContent = stake;
  item("stars").hidden = !isReady || looksOn;
  const stars = one("[data-stars]", button.parentElement)?.dataset.stars ?? "0";
  for (const choice of all("[data-rate]", menu))
    choice.setAttribute("aria-checked", choice.dataset.rate === stars);
  return menu;
}

// Delete the video of a tile as its menu would; what costs something although it is deleted is asked there.
export function deleteTile(tile) {
  const button = one("[data-menu]", tile);
  if (button.dataset.stake) return openTileMenu(button);
  const item = one('[data-item="delete"]', fillTileMenu(button));
  if (!item.hidden) item.click();
}
on("click", "[data-menu]", openTileMenu);

// Pointing at a tile runs through its spritesheet: tile.css draws the frame that is named here.
const COLUMNS = 5;
const LINES = 4;
const sheets = new Map(); // address → promise of the loaded picture

function sheet(address) {
  if (!sheets.has(address)) {
    const picture = new Image();
    picture.src = address;
    sheets.set(address, picture.decode());
  }
  return sheets.get(address);
}

on("pointerover", "[data-sprite]", (link, event) => {
  if (event.pointerType !== "mouse" || "hovered" in link.dataset) return;
  link.dataset.hovered = "";
  sheet(link.dataset.sprite).then(
    () => {
      if (!("hovered" in link.dataset)) return;
      link.style.setProperty("--sheet", `url("${link.dataset.sprite}")`);
      link.dataset.scrub = "";
    },
    () => sheets.delete(link.dataset.sprite),
  );
});
on("pointermove", "[data-sprite]", (link, event) => {
  const box = link.getBoundingClientRect();
  const at = Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width));
  const frame = Math.floor(at * COLUMNS * LINES);
  link.style.setProperty("--column", frame % COLUMNS);
  link.style.setProperty("--line", Math.floor(frame / COLUMNS));
  link.parentElement.style.setProperty("--at", at);
});
on("pointerout", "[data-sprite]", (link, event) => {
  if (link.contains(event.relatedTarget)) return;
  delete link.dataset.hovered;
  delete link.dataset.scrub;
});

// A picture that does not come leaves its place empty instead of a broken sign. These events do not bubble.
function showPicture(opacity) {
  return ({ target }) => {
    if (target.matches?.("img")) target.style.opacity = opacity;
  };
}
document.addEventListener("error", showPicture("0"), true);
document.addEventListener("load", showPicture(""), true);

// Near the end of the page the button for more is pressed; once for each number of tiles.
const AHEAD = "900px";
let shownWhenAsked = -1;
const nearEnd = new IntersectionObserver(
  ([entry]) => {
    const shown = all(".tile").length;
    if (!entry.isIntersecting || shown === shownWhenAsked) return;
    shownWhenAsked = shown;
    entry.target.click();
  },
  { rootMargin: AHEAD },
);

whenChanged(() => {
  if (all(".tile").length < shownWhenAsked) shownWhenAsked = -1; // another question, or something was deleted
  nearEnd.disconnect();
  const more = one("[data-more]");
  if (more) nearEnd.observe(more);
});
