// What is asked for stands in the address, and there the server reads it: so it has to be there before React hears
// of the click or the key, hence the capture phase.

import { on, one } from "./dom.js";

// Write a parameter into the address; an empty value takes it out.
export function ask(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

on("click", "[data-ask]", (button) => ask(...button.dataset.ask.split("=")), true);
on("change", "[data-choose]", (select) => ask(select.dataset.choose, select.value), true);
// A filter that is a word of the search: pressed, it writes the word; pressed again, it takes it out.
on(
  "click",
  "[data-word]",
  ({ dataset }) => {
    const box = one("[data-search]");
    const words = box.value.split(/\s+/).filter(Boolean);
    const others = words.filter((word) => word !== dataset.word);
    box.value = (others.length < words.length ? others : [...words, dataset.word]).join(" ");
    ask("q", box.value);
  },
  true,
);
on("input", "[data-search]", (box) => ask("q", box.value.trim()), true);

// A link between log-in and sign-up takes along where the person wanted to go.
on(
  "click",
  "[data-keep-query]",
  (link, event) => {
    if (!location.search.includes("next=")) return;
    event.preventDefault();
    event.stopPropagation();
    location.assign(link.pathname + location.search);
  },
  true,
);
