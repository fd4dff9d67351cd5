// What pages and people do in these tests.

import { all, one } from "../../assets/js/dom.js";

export { all, one };

// Draw a page in the place of the last one.
export function draw(html) {
  document.body.innerHTML = html;
}

// Let the browser tell about changes of the page.
export async function changes() {
  for (let turn = 0; turn < 3; turn++) await Promise.resolve();
}

// Start following a page that React has taken over.
export async function start() {
  (one("main") ?? document.body.appendChild(document.createElement("main"))).__reactFiber$test = {};
  const page = await import("../../assets/js/page.js");
  page.start();
}

// Send an event that a person caused; tell whether the browser may go on with it.
export function happen(element, event) {
  return element.dispatchEvent(event);
}

const told = { bubbles: true, cancelable: true };

export const press = (element, key, options) =>
  happen(element, new KeyboardEvent("keydown", { key, ...told, ...options }));

export const submit = (form) => happen(form, new SubmitEvent("submit", told));

export const change = (element) => happen(element, new Event("change", told));

export function type(box, text) {
  box.value = text;
  happen(box, new Event("input", told));
}
