import { beforeEach, describe, expect, mock, test } from "bun:test";
import "../../assets/js/keyboard.js";
import { draw, one, press } from "./person.js";

const player = { play: mock(), pause: mock(), requestFullscreen: mock() };

beforeEach(() => {
  draw(`
    <details data-dropdown="" open></details><input data-search value="kite"><textarea></textarea>
    <button>Button</button><p>Text</p><video data-player></video>`);
  for (const act of Object.values(player)) act.mockClear();
  Object.assign(one("video"), player);
  Object.defineProperty(one("video"), "paused", { value: true, configurable: true });
});

test("/ goes into the search", () => {
  const select = mock();
  one("[data-search]").select = select; // browsers focus what is selected

  expect(press(one("p"), "/")).toBe(false);
  expect(select).toHaveBeenCalledTimes(1);
});

test.each(["textarea", "[data-search]"])("/ is a letter in %p", (box) => {
  expect(press(one(box), "/")).toBe(true);
});

test("/ is a letter where nothing can be searched", () => {
  one("[data-search]").remove();

  expect(press(one("p"), "/")).toBe(true);
});

test("Escape closes drop-downs", () => {
  press(one("p"), "Escape");

  expect(one("details").open).toBe(false);
});

test("Escape leaves the search, a letter does not", () => {
  const isThere = () => document.activeElement === one("[data-search]");
  one("[data-search]").focus();
  press(one("[data-search]"), "k");
  expect(isThere()).toBe(true);

  press(one("[data-search]"), "Escape");
  expect(isThere()).toBe(false);
});

describe("the player", () => {
  test.each([" ", "k"])("%p plays and pauses", (key) => {
    expect(press(one("p"), key)).toBe(false);
    expect(player.play).toHaveBeenCalledTimes(1);

    Object.defineProperty(one("video"), "paused", { value: false });
    press(one("p"), key);
    expect(player.pause).toHaveBeenCalledTimes(1);
  });

  test("arrows go a second forth and back, not before the beginning", () => {
    const at = (...keys) => {
      for (const key of keys) press(one("p"), key);
      return one("video").currentTime;
    };
    one("video").currentTime = 0.5;

    expect(at("ArrowRight")).toBe(1.5);
    expect(at("ArrowLeft", "ArrowLeft")).toBe(0);
  });

  test("f fills the screen, and leaves it", () => {
    press(one("p"), "f");
    expect(player.requestFullscreen).toHaveBeenCalledTimes(1);

    document.exitFullscreen = mock();
    Object.defineProperty(document, "fullscreenElement", { value: one("video"), configurable: true });
    press(one("p"), "f");
    expect(document.exitFullscreen).toHaveBeenCalledTimes(1);
    delete document.fullscreenElement;
  });

  test.each([
    ["a button", () => press(one("button"), " ")],
    ["a box", () => press(one("textarea"), "k")],
    ["a shortcut of the browser", () => press(one("p"), "f", { ctrlKey: true })],
    ["another key", () => press(one("p"), "x")],
  ])("leaves %s alone", (_, pressing) => {
    expect(pressing()).toBe(true);
    for (const act of Object.values(player)) expect(act).not.toHaveBeenCalled();
  });
});
