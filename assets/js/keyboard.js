// Keys that work wherever the focus is, unless somebody is typing.

import { all, one, onKey } from "./dom.js";

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

onKey("*", (_, event) => {
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
  if (player && !event.target.closest("button, a, summary")) control(player, event);
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
