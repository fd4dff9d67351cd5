// Drafts: what is typed into a box is kept in this tab until it is sent or taken back, for each account and each page.

import { account, whenKnown } from "./account.js";
import { all, on, one } from "./dom.js";
import { whenChanged, whenShown } from "./page.js";

const DRAFT = "studio.draft";
const BOXES = "[data-draft]";
const sent = new Map(); // the key of a wish → the name of its draft

// A draft's name: whose, on which page, filled for what, in which box.
function nameOf(box) {
  const asked = new URLSearchParams(location.search);
  const filled = asked.get("edit") ?? asked.get("again") ?? "";
  return [DRAFT, account(), location.pathname, filled, box.dataset.draft].join(" ");
}

// Write into a box as if a person did: the draft, the counter and React hear of it.
export function write(box, text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function keep(box) {
  if (!account())
    box.dataset.typed = ""; // kept when it is known
  else if (box.value === box.defaultValue) sessionStorage.removeItem(nameOf(box));
  else sessionStorage.setItem(nameOf(box), box.value);
}

// Fill a box with its draft, if there is one.
export function restore(box) {
  if (!account()) return;
  if ("typed" in box.dataset) {
    delete box.dataset.typed;
    return keep(box);
  }
  const draft = sessionStorage.getItem(nameOf(box));
  if (draft === null || draft === box.value) return;
  const title = box.closest("[data-title]");
  if (title) title.dataset.editing = "";
  write(box, draft);
}

// Forget the draft that went out under a key: the server has taken it.
export function forget(key) {
  if (sent.has(key)) sessionStorage.removeItem(sent.get(key));
  sent.delete(key);
}

function forgetTaken() {
  for (const { dataset } of all("[data-taken]")) forget(dataset.taken);
}

on("input", BOXES, keep);
on(
  "submit",
  "form",
  (form) => {
    const box = one(BOXES, form);
    if (box && form.elements.idempotency_key) sent.set(form.elements.idempotency_key.value, nameOf(box));
  },
  true,
);
whenShown(BOXES, (box) => {
  forgetTaken();
  restore(box);
});
whenKnown(() => all(BOXES).forEach(restore));
whenChanged(() => {
  forgetTaken();
  for (const box of all(BOXES)) if (account() && box.value === box.defaultValue) keep(box); // saved, or as it was
});
