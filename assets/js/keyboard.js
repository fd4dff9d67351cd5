// Keys that work wherever the focus is, unless somebody is typing.

import { on, one, onKey } from "./dom.js";
import { whenShown } from "./page.js";

// Keys of one character can be switched off on the profile: speech input types them by the dozen (WCAG 2.1.4).
const SWITCH = "studio.keys";
const areOn = () => localStorage.getItem(SWITCH) !== "off";
const isCharacter = ({ key }) => key.length === 1 && key !== " ";
whenShown("[data-keys]", (box) => {
  box.checked = areOn();
});
on("change", "[data-keys]", (box) => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

onKey("*", (_, event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) {
    if (event.key === "Escape" && event.target.matches("[data-search]")) one("main").focus();
    return;
  }
  if (isCharacter(event) && !areOn()) return;
  if (event.key === "/" || event.key === "c") {
    event.preventDefault();
    enter(event.key === "/" ? one("[data-search]") : null);
  }
  if (event.key === "?") one("#keys")?.showModal();
  if (event.key === "z") one("[data-undo]")?.click();
  const player = one("[data-player]");
  if (player && !event.target.closest("button, a, summary")) control(player, event);
});

on("click", "[data-close-keys]", (button) => button.closest("dialog").close());
on("click", "dialog", (dialog, { target }) => target === dialog && dialog.close()); // beside the sheet

const COMPOSER = "[data-prompt-box]";
let isExpected = false; // the composer, on the way to its page

// Go into a box; by default into the composer, wherever it is.
function enter(box = null) {
  const target = box ?? one(COMPOSER);
  if (target) return box ? target.select() : target.focus();
  isExpected = true;
  one("[data-create]")?.click();
}
whenShown(COMPOSER, (box) => {
  if (isExpected) box.focus();
  isExpected = false;
});

function control(player, event) {
  const seek = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === " " || event.key === "k") toggle(player);
  else if (seek) player.currentTime = Math.max(0, player.currentTime + seek);
  else if (event.key === "f") toggleFullscreen(player);
  else return;
  event.preventDefault();
}

function toggle(player) {
  if (player.paused) player.play();
  else player.pause();
}

function toggleFullscreen(player) {
  if (document.fullscreenElement) document.exitFullscreen();
  else player.requestFullscreen();
}
