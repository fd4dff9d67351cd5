// A finger that taps once more in the same moment means what it saw: what has just moved under it takes no tap.

import { all } from "./dom.js";
import { whenChanged } from "./page.js";

const CONTROLS = "a[href], button, summary, label, select, input, textarea";
const DEAD = 400; // milliseconds
const NEAR = 40; // pixels: two taps of one finger
const IMPATIENT = 1500; // milliseconds between two clicks of a mouse that are one person's impatience

let pictures = []; // {until, controls: [[element, box]]}: what was where, oldest first; the last one is still true
let due = false;
let last = { at: -Infinity, x: 0, y: 0, isGuarded: false }; // the last tap

const now = () => performance.now();

function look() {
  due = false;
  const controls = [];
  for (const element of all(CONTROLS)) {
    const box = element.getBoundingClientRect();
    if (box.width && box.bottom > 0 && box.top < innerHeight) controls.push([element, box]);
  }
  if (pictures.length) pictures.at(-1).until = now();
  pictures.push({ until: Infinity, controls });
  pictures = pictures.filter(({ until }) => until > now() - DEAD);
}

// After everything that moves the page: once for each frame.
function lookSoon() {
  if (due) return;
  due = true;
  requestAnimationFrame(look);
}
whenChanged(lookSoon);
addEventListener("resize", lookSoon);
// Scrolling is the person's own doing: what it brings under the finger may be tapped at once.
addEventListener(
  "scroll",
  () => {
    pictures = [];
    lookSoon();
  },
  { passive: true, capture: true },
);
document.addEventListener("toggle", lookSoon, true); // a question opens
document.addEventListener("transitionend", lookSoon, true);
document.addEventListener("input", lookSoon); // a box grows

// Whether another control was at a point, a moment ago, than the one that is there now.
function hasMoved(control, x, y) {
  const isAt = ([, box]) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  return pictures.some(({ until, controls }) => {
    if (until === Infinity || until < now() - DEAD) return false;
    const there = controls.filter(isAt);
    return there.length > 0 && !there.some(([element]) => element === control || element.contains(control));
  });
}

// One tap may be two clicks: that on a label clicks its box, too.
addEventListener(
  "pointerdown",
  ({ clientX: x, clientY: y, pointerType }) => {
    const isAgain = now() - last.at < IMPATIENT && Math.hypot(x - last.x, y - last.y) < NEAR;
    last = { at: now(), x, y, isGuarded: isAgain || pointerType === "touch" || pointerType === "pen" };
  },
  true,
);

addEventListener(
  "click",
  (event) => {
    const { clientX: x, clientY: y, detail } = event;
    const control = event.target.closest?.(CONTROLS);
    if (!detail) return; // from the keyboard, or from a program
    if (!control || !last.isGuarded || !hasMoved(control, x, y)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
