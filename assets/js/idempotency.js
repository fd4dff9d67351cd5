// Idempotency keys: what was sent and not answered goes out again under its first key, so that it is never made twice.
// The key that the server drew is another one when it has taken this tab for a new one, as it does after a change of
// networks, while it still believes in the old connection.

import { account } from "./account.js";
import { all, on } from "./dom.js";
import { whenChanged } from "./page.js";

const SENT = "studio.sent";

// One form's place in the storage: whose it is, and where.
const placeOf = (form) =>
  [SENT, account(), location.pathname, form.getAttribute("aria-label") ?? ""].join(" ");

// What a form asks for; its price is the server's to compare.
function contentOf(form) {
  const entries = [...new FormData(form)].filter(([name]) => !["idempotency_key", "quote"].includes(name));
  return JSON.stringify(entries);
}

// Forget what went out under a key: the server has taken it, and the same once more would be another wish.
export function settled(key) {
  for (const name of Object.keys(sessionStorage).filter((name) => name.startsWith(SENT)))
    if (JSON.parse(sessionStorage.getItem(name)).key === key) sessionStorage.removeItem(name);
}

// The key under which a form goes out as it is now.
export function keyOf(form) {
  const sent = JSON.parse(sessionStorage.getItem(placeOf(form)) ?? "{}");
  return sent.content === contentOf(form) ? sent.key : form.elements.idempotency_key.value;
}

on(
  "submit",
  "form",
  (form) => {
    const field = form.elements.idempotency_key;
    if (!field?.value) return; // a form that is not filled yet has none, and is refused
    field.value = keyOf(form);
    sessionStorage.setItem(placeOf(form), JSON.stringify({ key: field.value, content: contentOf(form) }));
  },
  true,
);

whenChanged(() => {
  for (const { dataset } of all("[data-taken]")) settled(dataset.taken);
  for (const { dataset } of all("[data-answered]"))
    if (dataset.accepted === "true") settled(dataset.answered);
});
