// What only the browser can do. The server draws the pages; this file finds its elements by their data-* attributes,
// never draws inside what React owns (except in the elements that pages leave empty for it), and calls nobody but us.

const studio = (window.studio = { uploaded: null });

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => within.querySelectorAll(selector);
const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");
const on = (type, selector, act, capture = false) =>
  document.addEventListener(
    type,
    (event) => {
      const element = event.target.closest?.(selector);
      if (element) act(element, event);
    },
    capture,
  );

// ---- The composer: the tile in the frame of the click, the draft, the counter ---------------------------------------

const DRAFT = "studio.draft.";
let sent = null; // the wish that waits for its answer: {key, prompt, before}, where before is the answer at the click

function makeGhost(form, prompt) {
  const size = one("[data-size]:checked", form)?.value ?? "1280x720";
  const [width, height] = size.split("x").map(Number);
  const tile = document.createElement("article");
  tile.className = "tile coming ghost";
  tile.style.setProperty("--ar", width / height);
  tile.innerHTML =
    '<div class="open"><div class="ring" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" ' +
    'aria-valuenow="0"><span class="num">0<small>%</small></span></div><span class="phase">Sending</span>' +
    '<span class="name" dir="auto"></span></div>';
  one(".name", tile).textContent = prompt.trim().split("\n")[0];
  return tile;
}

on(
  "submit",
  "[data-composer]",
  (form, event) => {
    const prompt = form.elements.prompt.value;
    const key = form.elements.request_key.value;
    if (form.dataset.pending === key || "uploading" in form.dataset) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    form.dataset.open = "false";
    if (!prompt.trim()) return;
    form.dataset.pending = key;
    sent = { key, prompt, before: form.dataset.answer };
    complain(form, "");
    patience(form, 0);
    const ghost = makeGhost(form, prompt);
    ghost.dataset.key = key;
    ghost.before = new Set(menus().map((menu) => menu.dataset.menu));
    one("[data-ghosts]")?.prepend(ghost);
    window.scrollTo({ top: 0, behavior: "smooth" });
  },
  true,
);

const menus = () => [...all(".tile [data-menu]")];
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
  if (!sent || sent.key !== answered || sent.before === answer) return;
  release(form, answered);
  const box = form.elements.prompt;
  if (accepted !== "true") box.focus();
  else if (box.value === sent.prompt) write(box, "");
  if (accepted === "true") {
    ask("edit", "");
    for (const chip of all("[data-character]", form)) chip.checked = false;
  }
  sent = null;
  complain(form, "");
}

// A wish whose answer does not come: a lost connection sends it later by itself, anything else will not.
const STEP = 500; // milliseconds
const PATIENCE = 15_000;

function patience(form, waited) {
  const { pending } = form.dataset;
  setTimeout(() => {
    if (!pending || form.dataset.pending !== pending) return;
    if (one(".banner")) return patience(form, 0);
    const failed = waited > 1500 && one(".toast.error");
    if (!failed && waited < PATIENCE) return patience(form, waited + STEP);
    release(form, pending);
    complain(form, "The studio has not answered. Press Create again: the same wish is never made twice.");
  }, STEP);
}

function write(box, text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

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
  const words = `The prompt has ${length.toLocaleString("en")} characters; ${longest.toLocaleString("en")} is the most.`;
  box.setCustomValidity(length > longest ? words : "");
}

function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

on("input", "[data-draft]", (box) => {
  sessionStorage.setItem(DRAFT + box.dataset.draft, box.value);
  count(box);
  grow(box);
});
on("input", "[data-remix]", grow);
on("input", "[data-longest]", limit);

on("keydown", "[data-draft], [data-remix]", (box, event) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  event.preventDefault();
  box.form.requestSubmit();
});

on("click", "[data-prompt]", (chip) => {
  const box = one("[data-draft]");
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
  }
  if (chip.checked) box.focus();
});

on("click", "[data-options]", (button) => {
  const form = button.closest("form");
  const open = form.dataset.open !== "true";
  form.dataset.open = String(open);
  button.setAttribute("aria-expanded", String(open));
});

// ---- The reference picture: chosen, dropped or pasted ---------------------------------------------------------------

const LARGEST = 20 * 1024 * 1024;

function complain(form, text) {
  one("[data-upload-error]", form).textContent = text;
}

function upload(form, file) {
  complain(form, "");
  if (!/^image\/(png|jpeg|webp)$/.test(file.type)) return complain(form, "The image has to be a PNG, JPEG or WebP file.");
  if (file.size > LARGEST) {
    return complain(form, `The image has ${Math.round(file.size / 1024 / 1024)} MB; 20 MB is the most.`);
  }
  const body = new FormData();
  body.append("file", file);
  const request = new XMLHttpRequest();
  form.dataset.uploading = "";
  request.upload.onprogress = (event) => form.style.setProperty("--uploaded", (100 * event.loaded) / event.total);
  request.onloadend = () => {
    delete form.dataset.uploading;
    form.style.removeProperty("--uploaded");
    const answer = request.response;
    if (request.status >= 200 && request.status < 300 && answer) {
      studio.uploaded = answer;
      one("[data-attach]", form).click();
    } else {
      complain(form, answer?.error?.message ?? "The image did not arrive. Check the connection and add it again.");
    }
  };
  request.open("POST", "/api/references");
  request.responseType = "json";
  request.send(body);
}

on("change", "[data-file]", (input) => {
  if (input.files[0]) upload(input.form, input.files[0]);
  input.value = ""; // the same file again is a change, too
});

on("paste", "[data-draft]", (box, event) => {
  const [file] = event.clipboardData.files;
  if (!file) return;
  event.preventDefault();
  upload(box.form, file);
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
let over; // the timer that ends the highlight: dragleave fires between children, too

document.addEventListener("dragover", (event) => {
  const form = one("[data-composer]");
  if (!form || !carriesFiles(event)) return;
  event.preventDefault();
  form.dataset.over = "true";
  clearTimeout(over);
  over = setTimeout(() => delete form.dataset.over, 150);
});
document.addEventListener("drop", (event) => {
  const form = one("[data-composer]");
  if (!form || !carriesFiles(event)) return;
  event.preventDefault();
  delete form.dataset.over;
  upload(form, event.dataTransfer.files[0]);
});

// ---- Tiles: the menu, the spritesheet under the pointer -------------------------------------------------------------

function openMenu(button) {
  const menu = one("#tile-menu");
  const isReady = button.dataset.look === "ready";
  menu.dataset.video = button.dataset.menu;
  const download = one('[data-item="download"]', menu);
  download.href = `/api/videos/${button.dataset.menu}/content?variant=video&download=1`;
  download.hidden = one('[data-item="remix"]', menu).hidden = !isReady;
  one('[data-item="edit"]', menu).hidden = button.dataset.look !== "failed";
  menu.showPopover({ source: button });
  const at = button.getBoundingClientRect();
  const top = at.bottom + 6 + menu.offsetHeight > innerHeight ? at.top - 6 - menu.offsetHeight : at.bottom + 6;
  menu.style.top = `${Math.max(8, top)}px`;
  menu.style.left = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
  button.setAttribute("aria-expanded", "true");
  menu.addEventListener("toggle", () => button.removeAttribute("aria-expanded"), { once: true });
  one(":scope > :not([hidden])", menu).focus();
}

on("click", "[data-menu]", openMenu);
on("click", "#tile-menu > *", () => setTimeout(() => one("#tile-menu").hidePopover()));
on("keydown", "[role=menu]", (menu, event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...all(":scope > :not([hidden])", menu)];
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
});
addEventListener("scroll", () => one("#tile-menu:popover-open")?.hidePopover(), { passive: true });

const COLUMNS = 5;
const LINES = 4;
const sheets = new Map(); // address → promise of the loaded picture

function sheet(address) {
  if (!sheets.has(address)) {
    const picture = new Image();
    picture.src = address;
    sheets.set(address, picture.decode());
  }
  return sheets.get(address);
}

on("pointerover", "[data-sprite]", (link, event) => {
  if (event.pointerType !== "mouse" || "hovered" in link.dataset) return;
  link.dataset.hovered = "";
  sheet(link.dataset.sprite).then(
    () => {
      if (!("hovered" in link.dataset)) return;
      link.style.setProperty("--sheet", `url("${link.dataset.sprite}")`);
      link.dataset.scrub = "";
    },
    () => sheets.delete(link.dataset.sprite),
  );
});
on("pointermove", "[data-sprite]", (link, event) => {
  const box = link.getBoundingClientRect();
  const at = Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width));
  const frame = Math.floor(at * COLUMNS * LINES);
  link.style.setProperty("--column", frame % COLUMNS);
  link.style.setProperty("--line", Math.floor(frame / COLUMNS));
  link.parentElement.style.setProperty("--at", at);
});
on("pointerout", "[data-sprite]", (link, event) => {
  if (link.contains(event.relatedTarget)) return;
  delete link.dataset.hovered;
  delete link.dataset.scrub;
});

// A picture that does not come leaves its place empty instead of a broken sign.
document.addEventListener("error", (event) => event.target.matches?.("img") && (event.target.style.opacity = 0), true);
document.addEventListener("load", (event) => event.target.matches?.("img") && (event.target.style.opacity = ""), true);

// ---- Small things: passwords, copying, titles, drop-downs -----------------------------------------------------------

on("submit", "[data-sign-in]", (form) => {
  const { display_name: name, email } = form.elements;
  if (name && !name.value.trim()) [name.value] = email.value.split("@");
  form.dataset.pending = "";
});
addEventListener("pageshow", () => all("[data-sign-in]").forEach((form) => delete form.dataset.pending));

on("click", "[data-reveal]", (button) => {
  const input = one("input", button.parentElement);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  input.focus();
});

on("input", ".password input", (input) => {
  const output = one("[data-password-count]", input.closest(".password"));
  if (!output) return;
  const least = Number(output.dataset.passwordCount);
  const length = [...input.value.normalize("NFC")].length;
  output.textContent = length ? `${length} / ${least}` : "";
  output.dataset.enough = String(length >= least);
});

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

document.addEventListener("click", (event) => {
  for (const open of all("[data-dropdown][open]")) {
    if (!open.contains(event.target) || event.target.closest("a")) open.open = false;
  }
  const composer = one('[data-composer][data-open="true"]');
  if (composer && !composer.contains(event.target)) one("[data-options]", composer).click();
});

on("click", "[data-keep-query]", (link, event) => {
  if (!location.search.includes("next=")) return;
  event.preventDefault();
  event.stopPropagation();
  location.assign(link.pathname + location.search);
}, true);

// ---- Keys -----------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) {
    if (event.key === "Escape" && event.target.matches("[data-search]")) event.target.blur();
    return;
  }
  if (event.key === "Escape") for (const open of all("[data-dropdown][open]")) open.open = false;
  if (event.key === "/" && one("[data-search]")) {
    event.preventDefault();
    one("[data-search]").select();
  }
  const player = one("[data-player]");
  if (player && !event.target.closest("button, a, summary")) play(player, event);
});

function play(player, event) {
  const seek = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === " " || event.key === "k") player.paused ? player.play() : player.pause();
  else if (seek) player.currentTime = Math.max(0, player.currentTime + seek);
  else if (event.key === "f") document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen();
  else return;
  event.preventDefault();
}

// ---- Following what the server draws --------------------------------------------------------------------------------

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const UNITS = [
  ["year", 31557600],
  ["month", 2629800],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

function tellTime(element) {
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

// What is asked for stands in the address, and there the server reads it: so it has to be there before React hears
// of the click or the key, hence the capture phase.
function ask(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

on("click", "[data-ask]", (button) => ask(...button.dataset.ask.split("=")), true);
on("input", "[data-search]", (box) => ask("q", box.value.trim()), true);

let shownWhenAsked = -1;
const nearEnd = new IntersectionObserver(
  ([entry]) => {
    const shown = all(".tile").length;
    if (!entry.isIntersecting || shown === shownWhenAsked) return;
    shownWhenAsked = shown;
    entry.target.click();
  },
  { rootMargin: "900px" },
);

function signIn(form) {
  const asked = new URLSearchParams(location.search);
  const error = asked.get("error");
  if (error !== null) {
    const known = [...all("[data-code]", form)].find((line) => line.dataset.code === error);
    (known ?? one('[data-code=""]', form)).hidden = false;
  }
  for (const name of ["email", "display_name"]) {
    if (asked.get(name) && form.elements[name]) form.elements[name].value = asked.get(name);
  }
  const next = asked.get("next") ?? "";
  form.elements.next.value = /^\/(?![/\\])/.test(next) ? next : "";
}

// Each element once for each of its attributes, when it first appears.
const SETUP = {
  "[data-draft]": (box) => {
    if (!box.value) box.value = sessionStorage.getItem(DRAFT + box.dataset.draft) ?? "";
    else box.focus(); // filled to be edited
    count(box);
    grow(box);
  },
  "[data-longest]": limit,
  "[data-remix]": (box) => {
    grow(box);
    if (location.hash === `#${box.closest("[id]").id}`) box.focus();
  },
  "[data-keys]": (kbd) => (kbd.textContent = /Mac|iP/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵"),
  "[data-sign-in]": signIn,
};
const isSetUp = new Map(Object.keys(SETUP).map((selector) => [selector, new WeakSet()]));

function follow() {
  for (const [selector, setUp] of Object.entries(SETUP)) {
    for (const element of all(selector)) {
      if (isSetUp.get(selector).has(element)) continue;
      isSetUp.get(selector).add(element);
      setUp(element);
    }
  }
  for (const time of all("time[data-ago]:empty")) tellTime(time);
  for (const time of all("time[data-left]:empty")) tellLeft(time);
  for (const form of all("[data-composer][data-answer]")) settle(form);
  for (const ghost of all(".ghost")) giveWay(ghost);
  if (all(".tile").length < shownWhenAsked) shownWhenAsked = -1; // another question, or something was deleted
  nearEnd.disconnect();
  const more = one("[data-more]");
  if (more) nearEnd.observe(more);
}

function start() {
  // React must have taken over the page first: what is changed before that makes it draw everything again.
  const main = one("main");
  if (!main || !Object.keys(main).some((key) => key.startsWith("__reactFiber"))) return requestAnimationFrame(start);
  follow();
  new MutationObserver(follow).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-answer"],
  });
  setInterval(() => all("time[data-ago]").forEach(tellTime), 30_000);
  setInterval(() => all("time[data-left]").forEach(tellLeft), 1000);
}

// A page that is not filled says so; if it stays like that, the connection is asked for anew by loading it again.
let empty = 0; // seconds
setInterval(() => {
  const slow = one("main[data-ready=false] [data-slow]");
  empty = slow && !one(".banner") && document.visibilityState === "visible" ? empty + 1 : 0;
  for (const notice of all("[data-slow]")) notice.hidden = empty < 5;
  if (empty === 15) location.reload();
}, 1000);

start();
