// Times: how long ago, and how long a file is kept. Pages leave <time> elements empty; the sentence is written here.

import { all } from "./dom.js";
import { whenShown } from "./page.js";

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const UNITS = [
  ["year", 31557600],
  ["month", 2629800],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

function tellAgo(element) {
  const then = new Date(element.dateTime);
  const seconds = (then - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, length]) => -seconds >= length) ?? [];
  element.textContent = unit ? AGO.format(Math.round(seconds / length), unit) : "just now";
  element.title = then.toLocaleString();
}

// How long is left, in the last minutes in red; the sentence around it ends with what is written here.
const SHORT = 10 * 60; // seconds

function tellLeft(element) {
  const left = Math.round((new Date(element.dateTime) - Date.now()) / 1000);
  const minutes = Math.floor(left / 60);
  const hours = Math.floor(minutes / 60);
  const span = hours ? `${hours} h ${minutes % 60} min` : minutes ? `${minutes} min` : `${left} s`;
  element.textContent = left > 0 ? `for another ${span}.` : "no longer: it may be gone.";
  element.parentElement.dataset.short = String(left < SHORT);
}

function tellMoment(element) {
  element.textContent = new Date(element.dateTime).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
}

whenShown("time[data-moment]", tellMoment);
whenShown("time[data-ago]", tellAgo);
whenShown("time[data-left]", tellLeft);

// Tell it anew, where it has been told: before React has taken over the page, nothing may be changed in it.
function again(selector, tell) {
  for (const element of all(selector)) if (element.textContent) tell(element);
}
setInterval(() => again("time[data-ago]", tellAgo), 30_000);
setInterval(() => again("time[data-left]", tellLeft), 1000);
