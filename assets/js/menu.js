// Menus: opened beside what asks for them, and always inside the window.

import { all, on, one, onKey } from "./dom.js";

const EDGE = 8; // pixels that stay free along the window
const GAP = 6; // between a menu and its button

let opened = null; // {menu, button}

// Open a menu; a second click on its button closes it.
export function openMenu(menu, button) {
  if (opened?.button === button) return menu.hidePopover();
  menu.showPopover({ source: button });
  opened = { menu, button };
  place();
  button.setAttribute("aria-expanded", "true");
  items(menu)[0].focus();
}

// Put the menu below its button, to the right edge of it; above or to the left edge where there is no room.
function place() {
  const { menu, button } = opened;
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const fitsBelow = at.bottom + GAP + height <= innerHeight - EDGE;
  const fitsLeft = at.right - width >= EDGE;
  menu.style.top = `${within(fitsBelow ? at.bottom + GAP : at.top - GAP - height, innerHeight - height)}px`;
  menu.style.left = `${within(fitsLeft ? at.right - width : at.left, innerWidth - width)}px`;
}

const within = (start, most) => Math.max(EDGE, Math.min(start, most - EDGE));

// What can be chosen; of a question, what opens it.
const items = (menu) =>
  all(
    ":scope > :not([hidden], details, [role=group]), :scope > [role=group]:not([hidden]) > button, " +
      ":scope > details:not([hidden]) > summary",
    menu,
  );

on("click", "[data-opens]", (button) => openMenu(one(`#${button.dataset.opens}`), button));
on("click", "[role=menu] > :not(details), [role=menu] details button", (item) =>
  setTimeout(() => item.closest("[role=menu]")?.hidePopover()),
);
onKey("[role=menu]", (menu, event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const choices = items(menu);
  choices.at((choices.indexOf(document.activeElement) + step) % choices.length).focus();
});
document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    if (target === opened?.menu && newState === "closed") {
      opened.button.removeAttribute("aria-expanded");
      opened = null;
    } else if (opened?.menu.contains(target)) place(); // a question in it has made it higher
  },
  true,
);
// It stays with its button, which may still be scrolling into its place, until that has left the window.
function follow() {
  if (!opened) return;
  const { top, bottom } = opened.button.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) opened.menu.hidePopover();
  else place();
}
for (const type of ["scroll", "resize"]) addEventListener(type, follow, { passive: true });
