// The composer: the tile in the frame of the click, the answer, the patience for it, the options on a phone.

import { all, on, one } from "./dom.js";
import { forget, restore, write } from "./drafts.js";
import { keyOf } from "./idempotency.js";
import { whenChanged } from "./page.js";
import { ask } from "./query.js";

let sent = null; // the wish that waits for its answer: {key, prompt, before: the form's dataset at the click}

// Say under the form what is wrong; an empty text takes it back.
export function complain(form, text) {
  one("[data-upload-error]", form).textContent = text;
}

function makeGhost(form, prompt) {
  const size = one("[data-size]:checked", form)?.value ?? "1280x720";
  const [width, height] = size.split("x").map(Number);
  const tile = document.createElement("article");
  tile.className = "tile coming ghost";
  tile.style.setProperty("--ar", width / height);
  tile.innerHTML =
    '<div class="open"><div class="ring" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" ' +
    'aria-valuenow="0"></div><span class="phase">Sending</span>' +
    '<span class="name" dir="auto"></span></div>';
  one(".name", tile).textContent = prompt.trim().split("\n")[0];
  return tile;
}

on(
  "submit",
  "[data-composer]",
  (form, event) => {
    const prompt = form.elements.prompt.value;
    const key = form.elements.idempotency_key.value;
    if (form.dataset.pending === key || "uploading" in form.dataset) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!key) {
      event.preventDefault();
      event.stopPropagation();
      complain(form, "The form was not filled yet. Press Create again.");
      return;
    }
    form.dataset.open = "false";
    if (!prompt.trim()) return;
    form.dataset.pending = key;
    sent = { key, prompt, before: { ...form.dataset } };
    complain(form, "");
    patience(form, 0);
    const ghost = makeGhost(form, prompt);
    ghost.dataset.key = key;
    ghost.before = new Set(menus().map((menu) => menu.dataset.menu));
    one("[data-ghosts]")?.prepend(ghost);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    window.scrollTo({ top: 0, behavior: still ? "instant" : "smooth" });
  },
  true,
);

const menus = () => all(".tile [data-menu]");
const nameIn = (tile) => one(".name", tile).textContent.split(/\s+/).join(" ");

// A push may bring the video before the answer comes: its stand-in goes at once, so that nobody sees two tiles of one
// wish. A title is how the prompt's first line begins.
function giveWay(ghost) {
  const isIts = (menu) => nameIn(ghost).startsWith(nameIn(menu.parentElement).replace(/…$/, ""));
  if (menus().some((menu) => !ghost.before.has(menu.dataset.menu) && isIts(menu))) ghost.remove();
}

function release(form, key) {
  for (const ghost of all(".ghost")) if (ghost.dataset.key === key) ghost.remove();
  delete form.dataset.pending;
}

function settle(form) {
  const { answer, answered, accepted } = form.dataset;
  if (!sent) return;
  if (sent.key !== answered || sent.before.answer === answer) return sendAgain(form);
  release(form, answered);
  const box = form.elements.prompt;
  if (accepted !== "true") box.focus();
  else if (box.value === sent.prompt) write(box, "");
  if (accepted === "true") {
    forget(answered);
    if (new URLSearchParams(location.search).has("edit")) {
      ask("edit", "");
      restore(box); // what was not sent yet comes back
    } else for (const chip of all("[data-character]", form)) chip.checked = false;
  }
  sent = null;
  complain(form, "");
}

// A form with another key and no answer is the one of a new tab, as far as the server is concerned: the answer went to
// the old one. The same wish under the same key gets it.
function sendAgain(form) {
  const { formKey, pending } = form.dataset;
  if (
    !sent.key ||
    !formKey ||
    formKey === sent.before.formKey ||
    pending !== sent.key ||
    keyOf(form) !== sent.key
  )
    return;
  release(form, sent.key);
  form.requestSubmit();
}

// A wish whose answer does not come: a lost connection sends it later by itself, anything else will not.
const STEP = 500; // milliseconds
const PATIENCE = 15_000;

function patience(form, waited) {
  const { pending } = form.dataset;
  setTimeout(() => {
    if (!pending || form.dataset.pending !== pending) return;
    if (one("[data-away]")) return patience(form, 0);
    const failed = waited > 1500 && one(".toast.error");
    if (!failed && waited < PATIENCE) return patience(form, waited + STEP);
    release(form, pending);
    complain(
      form,
      "The studio has not answered. Press Create again: the same request never makes two videos.",
    );
  }, STEP);
}

whenChanged(() => {
  for (const form of all("[data-composer][data-answer]")) settle(form);
  for (const ghost of all(".ghost")) giveWay(ghost);
});

on("click", "[data-options]", (button) => {
  const form = button.closest("form");
  const open = form.dataset.open !== "true";
  form.dataset.open = String(open);
  button.setAttribute("aria-expanded", String(open));
});

// A click elsewhere closes the options.
document.addEventListener("click", (event) => {
  const composer = one('[data-composer][data-open="true"]');
  if (composer && !composer.contains(event.target)) one("[data-options]", composer).click();
});
