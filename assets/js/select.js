// Selecting tiles. What is selected is known here alone: some tiles, or all that match but some. So it costs the
// server nothing, however many they are, until something is done to them.

import { all, on, one, onKey } from "./dom.js";
import { whenChanged } from "./page.js";

const HOLD = 400; // milliseconds that a finger rests on a tile to select it
const WANDERS = 10; // pixels that it may move meanwhile

let isAll = false;
let named = new Set(); // the ids that are selected; of all, those that are not
let asked = ""; // the address's question that the selection is about
let anchor = null; // the box that was used last: where a range begins
let hold = null; // the timer of a finger that rests
let isHeld = false; // it has selected, so what it clicks when it leaves does not count

const boxes = () => all("[data-check]");
const isSelected = ({ dataset }) => isAll !== named.has(dataset.check);
const isSelecting = () => isAll || named.size > 0;

// Have the server do something; by default to what is selected.
export function perform(action, value, ids = null) {
  const { q = "", status = "", project = "" } = Object.fromEntries(new URLSearchParams(location.search));
  const until = one("[data-bar]")?.dataset.until;
  const selection = ids ? { ids } : { ids: [...named], all: isAll, q, status, project, until };
  one("#act").dataset.act = JSON.stringify({ action, value, ...selection });
  one("#act").click();
}

function set(box, isWanted) {
  if (isAll !== isWanted) named.add(box.dataset.check);
  else named.delete(box.dataset.check);
}

function clear() {
  isAll = false;
  named = new Set();
  show();
}

// What the chip that is pressed says of how many match.
function matching() {
  return one("[data-ask^=status][aria-pressed=true] .num")?.textContent ?? "";
}

function words() {
  if (!isAll) return `${named.size.toLocaleString("en")} selected`;
  return `All ${matching()}${named.size ? ` but ${named.size.toLocaleString("en")}` : ""} selected`;
}

function show() {
  for (const box of boxes()) {
    const isOn = isSelected(box);
    if (box.checked !== isOn) box.checked = isOn;
    box.closest(".tile").toggleAttribute("data-chosen", isOn);
  }
  const bar = one("[data-bar]");
  if (!bar) return;
  const text = isSelecting() ? words() : "";
  if (one("[data-selected]", bar).textContent !== text) one("[data-selected]", bar).textContent = text;
  if (bar.hidden === isSelecting()) bar.hidden = !isSelecting();
  document.documentElement.toggleAttribute("data-selecting", isSelecting());
}

// Select, or not, up to here from the box that was used before, as this one now is.
function toggle(box, isRange) {
  const isWanted = !isSelected(box);
  const here = boxes();
  const [from, to] = [here.indexOf(isRange ? anchor : box), here.indexOf(box)].sort((one, two) => one - two);
  for (const each of from < 0 ? [box] : here.slice(from, to + 1)) set(each, isWanted);
  anchor = box;
  show();
}

on("click", "[data-check]", (box, event) => {
  toggle(box, event.shiftKey);
});
on("click", "[data-unselect]", clear);
on("click", "[data-select-all]", selectAll);

function selectAll() {
  isAll = true;
  named = new Set();
  show();
}

on("click", "[data-batch]", ({ dataset }) => {
  const [action, value] = dataset.batch.split("=");
  perform(action, value);
  if (action === "delete") clear();
});
on("click", "[data-rate]", (choice) =>
  perform("star", choice.dataset.rate, [choice.closest(".menu").dataset.video]),
);

function tag(action) {
  const box = one("[data-tag]");
  if (!box.value.trim()) return box.focus();
  perform(action, box.value);
  box.value = "";
  box.closest("details").open = false;
}
on("click", "[data-tagging]", ({ dataset }) => tag(dataset.tagging));
onKey("[data-tag]", (_, { key }) => key === "Enter" && tag("tag"));

onKey(".tile > a.open", (link, { key }) => {
  const box = one("[data-check]", link.parentElement);
  if (key === "x" && box) toggle(box, false);
});
onKey("*", (element, event) => {
  if (!one("[data-bar]") || element.matches("input:not([data-check]), textarea, select")) return;
  if (event.key === "Escape" && isSelecting()) clear();
  if (event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  selectAll();
});

// While something is selected, a click on a tile selects, too; and so does one with Ctrl or Shift.
on(
  "click",
  ".tile > a.open",
  (link, event) => {
    const box = one("[data-check]", link.parentElement);
    const isMeant = isSelecting() || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!box || !event.detail || !(isHeld || isMeant)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!isHeld) toggle(box, event.shiftKey);
    isHeld = false;
  },
  true,
);

let start = null;
on("pointerdown", ".tile > a.open", (link, { pointerType, clientX, clientY }) => {
  isHeld = false;
  const box = one("[data-check]", link.parentElement);
  if (pointerType !== "touch" || !box) return;
  start = [clientX, clientY];
  hold = setTimeout(() => {
    isHeld = true;
    if (!isSelected(box)) toggle(box, false);
  }, HOLD);
});
const letGo = () => clearTimeout(hold);
for (const type of ["pointerup", "pointercancel", "scroll"]) document.addEventListener(type, letGo, true);
on("pointermove", ".tile > a.open", (_, { clientX, clientY }) => {
  if (start && Math.hypot(clientX - start[0], clientY - start[1]) > WANDERS) letGo();
});
on("contextmenu", ".tile > a.open", (_, event) => isHeld && event.preventDefault());

whenChanged(() => {
  const question = location.pathname + location.search;
  if (question !== asked && isSelecting()) clear();
  asked = question;
  show();
});
