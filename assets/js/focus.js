// The focus: when what had it is taken away by an act, it goes to what is there in its place, never to nowhere.

import { all, one } from "./dom.js";
import { whenChanged } from "./page.js";

const NEXT = "a[href], button, summary"; // no boxes: on a phone they would open the keyboard
const PASSING = ".toasts, [role=menu]"; // what comes and goes leads back to where the person was before
const KEPT = 6; // earlier places

let places = []; // {element, way, path}: what had the focus, the last one first
let held = null; // {element, by}: what cannot have the focus for a moment, and what has it meanwhile

// The parents of an element, from the inside, each with its child's place.
function wayOut(element) {
  const way = [];
  for (let child = element; child.parentElement; child = child.parentElement) {
    way.push({ parent: child.parentElement, place: [...child.parentElement.children].indexOf(child) });
  }
  return way;
}

document.addEventListener("focusin", ({ target }) => {
  const others = places.filter(({ element }) => element !== target);
  places = [{ element: target, way: wayOut(target), path: location.pathname }, ...others].slice(0, KEPT);
});

const isPassing = ({ way }) => way.some(({ parent }) => parent.matches(PASSING));
const canHaveIt = (element) => element.isConnected && !element.disabled && element.checkVisibility();

// What stands where an element stood, or after it, or before it, as near as there is something.
function neighbour({ way }) {
  for (const { parent, place } of way) {
    if (parent === document.body) break;
    if (!parent.isConnected) continue;
    const siblings = [...parent.children];
    for (const sibling of [...siblings.slice(place), ...siblings.slice(0, place).reverse()]) {
      const found = [sibling, ...all(NEXT, sibling)].find((each) => each.matches(NEXT) && canHaveIt(each));
      if (found) return found;
    }
  }
  return one("main");
}

// The last place on this page that has the focus still to give, or else what is beside it; on another page, the page.
function choose() {
  const here = places.filter(({ path }) => path === location.pathname);
  const place = here.find((each) => canHaveIt(each.element) || !isPassing(each));
  if (places[0] !== here[0] || !place) return one("main");
  return canHaveIt(place.element) ? place.element : neighbour(place);
}

function recover() {
  const focused = document.activeElement;
  if (focused.disabled)
    held = { element: focused, by: document.body }; // loses it with the next frame
  else if (held?.element === focused) held = null;
  else if (held?.by === focused && canHaveIt(held.element)) {
    held.element.focus({ preventScroll: true });
    held = null;
  }
  const [last] = places;
  if (document.activeElement !== document.body || !last || canHaveIt(last.element)) return;
  const next = choose();
  next?.focus({ preventScroll: true });
  held = last.element.isConnected ? { element: last.element, by: next } : null;
}

// Also after the next frame: until then, what has been disabled seems to have the focus.
function recoverSoon() {
  recover();
  requestAnimationFrame(() => setTimeout(recover));
}
whenChanged(recoverSoon);
document.addEventListener("toggle", recoverSoon, true);
