// Small controls: copying, a title that is edited in place, drop-downs.

import { all, on, one } from "./dom.js";

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea"); // plain http on another machine has no clipboard API
  box.value = text;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}

on("click", "[data-copy]", async (button) => {
  await copy(one(button.dataset.copy).textContent);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 1600);
});

on("click", "[data-title] :is(h1, button)", (element) => {
  const title = element.parentElement;
  title.dataset.editing = "";
  one("input", title).value = one("h1", title).textContent;
  one("input", title).select();
});
on("focusout", "[data-title] input", (box) => delete box.parentElement.dataset.editing);
on("keydown", "[data-title] input", (box, event) => {
  if (event.key === "Escape") box.value = one("h1", box.parentElement).textContent;
  if (event.key === "Enter" || event.key === "Escape") box.blur();
});

// A click elsewhere, or on a link inside, closes a drop-down.
document.addEventListener("click", (event) => {
  for (const open of all("[data-dropdown][open]")) {
    if (!open.contains(event.target) || event.target.closest("a")) open.open = false;
  }
});
