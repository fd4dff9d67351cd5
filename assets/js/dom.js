// Finding elements, and hearing events on elements that React may replace at any time.

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Call act(element, event) for every event on, or inside, an element that matches when it happens.
export function on(type, selector, act, capture = false) {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target.closest?.(selector);
      if (element) act(element, event);
    },
    capture,
  );
}

// The same for keys, but for those that only help to write a character: input methods use Enter and Escape, too.
const COMPOSING = 229; // the keyCode of such a key where a browser has ended the composition already
export function onKey(selector, act) {
  on("keydown", selector, (element, event) => {
    if (!event.isComposing && event.keyCode !== COMPOSING) act(element, event);
  });
}
