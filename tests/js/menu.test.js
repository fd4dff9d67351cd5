import { afterEach, beforeEach, expect, jest, mock, test } from "bun:test";
import "../../assets/js/menu.js";
import { draw, happen, one, press } from "./person.js";

const menu = () => one("#more");
const isOpen = () => "isOpen" in menu().dataset;
const toggle = (element, newState) => happen(element, Object.assign(new Event("toggle"), { newState }));

beforeEach(() => {
  draw(`
    <button data-opens="more"></button>
    <div id="more" role="menu" popover>
      <a data-item="download"></a><a data-item="hidden" hidden></a><a data-item="remix"></a>
      <details><summary data-item="delete"></summary><button data-item="now"></button></details>
    </div>`);
  menu().hidePopover = function hide() {
    delete this.dataset.isOpen;
    toggle(this, "closed");
  };
  one("button").click();
});
afterEach(() => {
  if (isOpen()) menu().hidePopover();
});

test("opens from what names it, with its first item in focus", () => {
  expect(isOpen()).toBe(true);
  expect(one("button").getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement.dataset.item).toBe("download");

  toggle(menu(), "open");
  expect(one("button").hasAttribute("aria-expanded")).toBe(true);
});

test("closes at the second click", () => {
  one("button").click();

  expect(isOpen()).toBe(false);
  expect(one("button").hasAttribute("aria-expanded")).toBe(false);
});

test.each([
  [
    "below its button, and as far right",
    { top: 100, left: 240, right: 300 },
    { top: "126px", left: "150px" },
  ],
  ["above it at the end of the window", { top: 700, left: 240, right: 300 }, { top: "494px", left: "150px" }],
  [
    "inside a window that is low",
    { top: 100, left: 240, right: 300, height: 150 },
    { top: "8px", left: "150px" },
  ],
  [
    "from its button's left edge where there is no room",
    { top: 100, left: 20, right: 90 },
    { top: "126px", left: "20px" },
  ],
  ["inside the window at its left edge", { top: 100, left: -5, right: 40 }, { top: "126px", left: "8px" }],
  [
    "inside the window at its right edge",
    { top: 100, left: 1000, right: 1100 },
    { top: "126px", left: "866px" },
  ],
])("opens %s", (_, { top, left, right, height = 768 }, expected) => {
  one("button").click();
  window.happyDOM.setViewport({ width: 1024, height });
  Object.defineProperty(menu(), "offsetHeight", { value: 200 });
  Object.defineProperty(menu(), "offsetWidth", { value: 150 });
  one("button").getBoundingClientRect = () => ({ top, bottom: top + 20, left, right });
  one("button").click();

  expect({ top: menu().style.top, left: menu().style.left }).toEqual(expected);
});

test("finds its place anew when a question in it makes it higher", () => {
  window.happyDOM.setViewport({ width: 1024, height: 768 });
  Object.defineProperty(menu(), "offsetHeight", { value: 300 });
  one("button").getBoundingClientRect = () => ({ top: 600, bottom: 620, left: 0, right: 60 });
  toggle(one("details"), "open");

  expect(menu().style.top).toBe("294px");
});

test.each([
  ['[data-item="download"]', false],
  ["summary", true],
  ['[data-item="now"]', false],
])("after a click on %p is open: %p", (item, expected) => {
  one(item).click();
  jest.advanceTimersByTime(1);

  expect(isOpen()).toBe(expected);
});

test.each(["scroll", "resize"])(
  "stays with its button at a %s of the page, as long as that can be seen",
  (type) => {
    const hide = mock(menu().hidePopover);
    menu().hidePopover = hide;
    one("button").getBoundingClientRect = () => ({ top: 40, bottom: 60, left: 0, right: 60 });
    happen(window, new Event(type));
    expect([menu().style.top, isOpen()]).toEqual(["66px", true]);

    one("button").getBoundingClientRect = () => ({ top: -30, bottom: -10, left: 0, right: 60 });
    happen(window, new Event(type));
    happen(window, new Event(type));
    expect(hide).toHaveBeenCalledTimes(1);
  },
);

test("is walked through by arrows, round and round", () => {
  const walk = (...keys) => {
    for (const key of keys) expect(press(document.activeElement, key)).toBe(false); // else the page scrolls
    return document.activeElement.dataset.item;
  };

  expect(walk("ArrowDown")).toBe("remix");
  expect(walk("ArrowDown", "ArrowDown")).toBe("download");
  expect(walk("ArrowUp")).toBe("delete");
  expect(press(document.activeElement, "x")).toBe(true);
});
