// Whose page this is. What a browser keeps is kept under that; and when somebody else has logged in in another tab,
// the page says so instead of acting for two people: its socket is one's, its requests carry the other's cookie.

import { all, one } from "./dom.js";
import { whenChanged, whenShown } from "./page.js";

const HERE = "studio.account"; // who has opened a page in this browser last
const arrivals = [];
let known = ""; // whose page this has been so far
let shown = ""; // whose it is now: nobody's while it is drawn anew after a lost connection

// The account of the page; empty until the server has said it.
export const account = () => one("main[data-account]")?.dataset.account ?? "";

// Call act() whenever the page's account has become known.
export function whenKnown(act) {
  arrivals.push(act);
}

// Whether somebody else has logged in in this browser since.
export function isSomebodyElse() {
  const here = localStorage.getItem(HERE);
  return Boolean(known && here && here !== known);
}

whenChanged(() => {
  const now = account();
  if (now === shown) return;
  shown = now;
  if (!now) return;
  if (known && now !== known) return location.reload(); // the socket was opened anew, with the other's cookie
  known = now;
  localStorage.setItem(HERE, now);
  for (const act of arrivals) act();
});

// Whose session has ended is led to the log-in page on the socket of that session, which is about to be cut, and
// what they had seen is still in memory: strangers begin with a page of their own.
whenShown(".bare-page", () => {
  if (known) location.reload();
});

function tell() {
  for (const notice of all("[data-other-account]")) notice.hidden = !isSomebodyElse();
}
addEventListener("storage", (event) => {
  if (event.key === HERE) tell();
});
addEventListener("pageshow", tell); // a page from before, by the button for going back

for (const type of ["click", "submit", "change", "drop"]) {
  addEventListener(
    type,
    (event) => {
      if (!isSomebodyElse() || event.target.closest?.("[data-other-account]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      tell();
    },
    true,
  );
}
