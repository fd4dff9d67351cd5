// The browser's storage, and something in its place where it is blocked: Reflex stops without one. This module comes
// first, and the page loads it before anything else.

import { all } from "./dom.js";
import { whenChanged } from "./page.js";

class Memory {
  #kept = new Map();
  get length() {
    return this.#kept.size;
  }
  key = (place) => [...this.#kept.keys()][place] ?? null;
  getItem = (name) => this.#kept.get(String(name)) ?? null;
  setItem = (name, value) => void this.#kept.set(String(name), String(value));
  removeItem = (name) => void this.#kept.delete(String(name));
  clear = () => this.#kept.clear();
}

// Stand in for a storage that cannot be used; tell whether that was so.
export function standIn(name) {
  try {
    window[name].setItem("studio.test", "");
    window[name].removeItem("studio.test");
    return false;
  } catch {
    Object.defineProperty(window, name, { value: new Memory(), configurable: true });
    return true;
  }
}

const blocked = ["localStorage", "sessionStorage"].map(standIn).some(Boolean) || !navigator.cookieEnabled;

if (blocked) {
  whenChanged(() => {
    for (const notice of all("[data-blocked]")) notice.hidden = false;
  });
}
