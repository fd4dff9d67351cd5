import { beforeEach, describe, expect, mock, test } from "bun:test";
import "../../assets/js/grid.js";
import { all, changes, draw, happen, one, press, start } from "./person.js";

const opened = mock((click) => click.stopPropagation()); // there is no menu here
const focused = () => document.activeElement.id;
const reachable = () => all("a, button, summary").filter((control) => control.tabIndex === 0);

await start();
beforeEach(async () => {
  opened.mockClear();
  const tile = (id) => `
    <article class="tile"><a class="open" href="#" id="${id}"></a><button data-menu="${id}"></button>
    <details><summary></summary><button></button></details></article>`;
  draw(`<div class="grid">${["a", "b", "c", "d", "e"].map(tile).join("")}</div>`);
  // Two rows: a b c, and below them d e.
  const places = { a: [0, 0], b: [100, 0], c: [200, 0], d: [0, 100], e: [140, 100] };
  for (const [id, [left, top]] of Object.entries(places)) {
    one(`#${id}`).getBoundingClientRect = () => ({ left, top, width: 90, bottom: top + 90 });
  }
  one('[data-menu="b"]').addEventListener("click", opened);
  await changes();
});

test("Tab stops once, at the first tile, and then at the one that had the focus", async () => {
  expect(reachable().map(({ id }) => id)).toEqual(["a"]);

  one("#c").focus();
  expect(reachable().map(({ id }) => id)).toEqual(["c"]);

  one("#c").parentElement.remove();
  await changes();
  expect(reachable().map(({ id }) => id)).toEqual(["a"]);
});

test("a question that is open can be answered", () => {
  one("#b + button + details").open = true;
  happen(one("#b + button + details"), new Event("toggle"));

  expect(reachable()).toHaveLength(3);
});

test.each([
  ["a", "ArrowRight", "b"],
  ["b", "ArrowLeft", "a"],
  ["a", "ArrowLeft", "a"],
  ["b", "ArrowDown", "e"],
  ["a", "ArrowDown", "d"],
  ["e", "ArrowUp", "b"],
  ["a", "ArrowUp", "a"],
  ["c", "Home", "a"],
  ["a", "End", "e"],
])("from %p, %p goes to %p", (from, key, to) => {
  one(`#${from}`).focus();

  expect(press(one(`#${from}`), key)).toBe(false); // else the page scrolls
  expect(focused()).toBe(to);
});

test.each([
  ["m", {}],
  ["ContextMenu", {}],
  ["F10", { shiftKey: true }],
])("%p opens the tile's menu", (key, options) => {
  expect(press(one("#b"), key, options)).toBe(false);
  expect(opened).toHaveBeenCalledTimes(1);
});

describe("a finished one", () => {
  const acted = mock();
  beforeEach(() => {
    acted.mockClear();
    one("#b").parentElement.classList.add("ready");
    one('[data-menu="b"]').dataset.change = "true";
    document.body.insertAdjacentHTML("beforeend", '<button id="act"></button>');
    one("#act").addEventListener("click", () => acted(JSON.parse(one("#act").dataset.act)));
  });

  test.each(["0", "5"])("gets %p stars by the figure", (stars) => {
    expect(press(one("#b"), stars)).toBe(false);
    expect(acted).toHaveBeenCalledWith({ action: "star", value: stars, ids: ["b"] });
  });

  test.each(["6", "a"])("gets none by %p, and none from who looks on", (key) => {
    press(one("#b"), key);
    one('[data-menu="b"]').dataset.change = "false";
    press(one("#b"), "5");
    press(one("#a"), "5"); // is no film yet
    expect(acted).not.toHaveBeenCalled();
  });
});

test.each([
  ["x", {}],
  ["F10", {}],
  ["ArrowRight", { altKey: true }],
])("%p is left alone", (key, options) => {
  one("#a").focus();

  expect(press(one("#a"), key, options)).toBe(true);
  expect(focused()).toBe("a");
});
