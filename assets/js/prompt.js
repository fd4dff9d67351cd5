// The boxes for prompts: the counter, the limit, what is written into them by a click.

import { on, one, onKey } from "./dom.js";
import { write } from "./drafts.js";
import { whenShown } from "./page.js";

const PROMPT = "[data-prompt-box]";

function count(box) {
  const output = one("[data-count]", box.closest("form") ?? document);
  if (!output) return;
  const length = [...box.value].length;
  output.textContent = length ? `${length.toLocaleString("en")} / ${output.dataset.count}` : "";
  output.dataset.near = String(length > 0.95 * Number(output.dataset.count.replaceAll(",", "")));
}

// What is too long is refused, not cut: the browser says so instead of sending the form.
function limit(box) {
  const [length, longest] = [[...box.value].length, Number(box.dataset.longest)];
  const words = `The prompt has ${length.toLocaleString("en")} characters; the limit is ${longest.toLocaleString("en")}.`;
  box.setCustomValidity(length > longest ? words : "");
}

function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

on("input", PROMPT, (box) => {
  count(box);
  grow(box);
});
on("input", "[data-remix]", grow);
on("input", "[data-longest]", limit);

onKey(`${PROMPT}, [data-remix]`, (box, event) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  event.preventDefault();
  box.form.requestSubmit();
});

on("click", "[data-prompt]", (chip) => {
  const box = one(PROMPT);
  write(box, chip.dataset.prompt);
  box.focus();
});

on("change", "[data-character]", (chip) => {
  const box = chip.form.elements.prompt;
  const { character: name } = chip.dataset;
  if (chip.checked && !box.value.includes(name)) {
    const gap = /\S$/.test(box.value.slice(0, box.selectionStart)) ? " " : "";
    box.setRangeText(`${gap}${name} `, box.selectionStart, box.selectionEnd, "end");
    write(box, box.value);
    chip.dataset.written = "";
  } else if (!chip.checked && "written" in chip.dataset) {
    write(box, box.value.replace(`${name} `, "").replace(name, ""));
    delete chip.dataset.written;
  }
  if (chip.checked) box.focus();
});

whenShown(PROMPT, (box) => {
  if (box.defaultValue) box.focus(); // filled to be edited
  count(box);
  grow(box);
});
whenShown("[data-longest]", limit);
whenShown("[data-remix]", (box) => {
  grow(box);
  if (location.hash === `#${box.closest("[id]").id}`) box.focus();
});
whenShown("[data-keys]", (kbd) => {
  kbd.textContent = /Mac|iP/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵";
});
