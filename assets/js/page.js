// Following what the server draws, from the moment that React has taken over the page.

import { all, one } from "./dom.js";

const arrivals = []; // {selector, setUp, known}
const followers = [];

// Call setUp(element) once for each element that matches, when it first appears.
export function whenShown(selector, setUp) {
  arrivals.push({ selector, setUp, known: new WeakSet() });
}

// Call act() after every change of the page.
export function whenChanged(act) {
  followers.push(act);
}

function follow() {
  for (const { selector, setUp, known } of arrivals) {
    for (const element of all(selector)) {
      if (known.has(element)) continue;
      known.add(element);
      setUp(element);
    }
  }
  for (const act of followers) act();
}

export function start() {
  // React must have taken over the page first: what is changed before that makes it draw everything again.
  const main = one("main");
  if (!main || !Object.keys(main).some((key) => key.startsWith("__reactFiber"))) {
    requestAnimationFrame(start);
    return;
  }
  follow();
  new MutationObserver(follow).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-answer", "data-taken", "data-account", "data-form-key", "disabled", "hidden"],
  });
}

// A page that is not filled says so; if it stays like that, the connection is asked for anew by loading it again.
const SAY_SO = 5; // seconds
const RELOAD = 15;
let empty = 0; // seconds

setInterval(() => {
  const slow = one("main[data-ready=false] [data-slow]");
  empty = slow && !one("[data-away]") && document.visibilityState === "visible" ? empty + 1 : 0;
  for (const notice of all("[data-slow]")) notice.hidden = empty < SAY_SO;
  if (empty === RELOAD) location.reload();
}, 1000);
