// A browser's window without a browser, before each file of tests; its clock stands still until a test moves it.

import { jest } from "bun:test";
import { GlobalRegistrator } from "@happy-dom/global-registrator";

GlobalRegistrator.register({ url: "http://studio.test/" });
jest.useFakeTimers();

// What happy-dom does not have.
Object.getPrototypeOf(CSS).supports = () => false;
globalThis.requestAnimationFrame = (draw) => setTimeout(draw, 16);
HTMLElement.prototype.showPopover = function show() {
  this.dataset.isOpen = "";
};
HTMLElement.prototype.hidePopover = function hide() {
  delete this.dataset.isOpen;
};
HTMLElement.prototype.checkVisibility = function check() {
  return !this.closest("[hidden]");
};
globalThis.IntersectionObserver = class {
  static all = [];
  constructor(callback, options) {
    Object.assign(this, { callback, options, observed: new Set() });
    IntersectionObserver.all.push(this);
  }
  observe(element) {
    this.observed.add(element);
  }
  disconnect() {
    this.observed.clear();
  }
};
