// Small controls: copying, a title that is edited in place, questions.

import { all, on, one, onKey } from "./dom.js";
import { write } from "./drafts.js";

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea"); // plain http on another machine has no clipboard API
  const before = document.activeElement;
  box.value = text;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
  before.focus();
}

on("click", "[data-copy]", async (button) => {
  await copy(one(button.dataset.copy).textContent);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 1600);
});

on("click", "[data-title] :is(h1, button)", (element) => {
  const title = element.parentElement;
  const text = one("h1", title).textContent;
  title.dataset.editing = "";
  title.dataset.from = text;
  one("input", title).value = text;
  one("input", title).select();
});
// Before React hears of it: a title that was not changed is none to be saved, though another tab has changed it.
on(
  "focusout",
  "[data-title] input",
  (box) => {
    const title = box.parentElement;
    if (box.value === title.dataset.from || !box.value.trim()) write(box, one("h1", title).textContent);
    delete title.dataset.editing;
  },
  true,
);
onKey("[data-title] input", (box, event) => {
  if (event.key === "Escape") write(box, one("h1", box.parentElement).textContent);
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault(); // else the button that gets the focus is pressed by the same key
  box.blur();
  one("button", box.parentElement).focus();
});

// Only one question is open at a time, and a click elsewhere closes it.
document.addEventListener("click", (event) => {
  for (const open of all("details.confirm[open]")) if (!open.contains(event.target)) open.open = false;
});

// A message that has left the screen takes its undo along.
on("animationend", ".toast", (toast, { animationName }) => {
  if (animationName === "leave") one("[data-dismiss]", toast).click();
});
