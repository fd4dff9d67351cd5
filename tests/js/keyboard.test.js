import { afterEach, beforeEach, describe, expect, mock, test } from "bun:test";
import "../../assets/js/keyboard.js";
import { changes, draw, one, press, start } from "./person.js";

const player = { play: mock(), pause: mock(), requestFullscreen: mock() };

await start();
beforeEach(() => {
  draw(`
    <main tabindex="-1"><input data-search value="kite"><textarea></textarea><a data-create=""></a>
    <button>Button</button><p>Text</p><video data-player></video></main>`);
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

describe("the composer", () => {
  const composer = () => one("[data-prompt-box]");
  const show = () => one("main").insertAdjacentHTML("beforeend", '<textarea data-prompt-box=""></textarea>');

  test.each(["c", "/"])("is a %p away where nothing can be searched", (key) => {
    one("[data-search]").remove();
    show();

    expect(press(one("p"), key)).toBe(false);
    expect(document.activeElement).toBe(composer());
  });

  test("c is a letter in a box, also while an input method is at work", () => {
    show();
    expect(press(one("textarea"), "c")).toBe(true);
    expect(press(one("p"), "c", { isComposing: true })).toBe(true);
    expect(document.activeElement).not.toBe(composer());
  });

  test("is gone to on its own page", async () => {
    const go = mock();
    one("[data-create]").addEventListener("click", go);
    press(one("p"), "c");
    expect(go).toHaveBeenCalledTimes(1);

    show();
    await changes();
    expect(document.activeElement).toBe(composer());
  });

  test("does not take the focus by itself", async () => {
    show();
    await changes();
    expect(document.activeElement).not.toBe(composer());
  });
});

test("Escape leaves the search, a letter does not", () => {
  const isThere = () => document.activeElement === one("[data-search]");
  one("[data-search]").focus();
  press(one("[data-search]"), "k");
  expect(isThere()).toBe(true);

  press(one("[data-search]"), "Escape");
  expect(isThere()).toBe(false);
});

test("? shows the keys, and a click beside them puts them away", () => {
  const [show, close] = [mock(), mock()];
  one("main").insertAdjacentHTML(
    "beforeend",
    '<dialog id="keys"><p></p><button data-close-keys=""></button></dialog>',
  );
  Object.assign(one("#keys"), { showModal: show, close });
  press(one("p"), "?");
  expect(show).toHaveBeenCalledTimes(1);

  one("#keys p").click();
  expect(close).not.toHaveBeenCalled();
  one("[data-close-keys]").click();
  one("#keys").click();
  expect(close).toHaveBeenCalledTimes(2);
});

test("z undoes what the message can undo", () => {
  const undo = mock();
  press(one("p"), "z");
  one("main").insertAdjacentHTML("beforeend", '<button data-undo=""></button>');
  one("[data-undo]").addEventListener("click", undo);
  press(one("textarea"), "z");
  press(one("p"), "z");
  expect(undo).toHaveBeenCalledTimes(1);
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

describe("the switch on the profile", () => {
  afterEach(() => localStorage.clear());

  test("is on until somebody turns it off, and stays as it was left", async () => {
    const draw = async () => {
      one("main").insertAdjacentHTML("beforeend", '<input type="checkbox" data-keys="">');
      await changes();
      return one("[data-keys]");
    };
    const box = await draw();
    expect(box.checked).toBe(true);
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    box.remove();
    expect((await draw()).checked).toBe(false);
  });

  test.each(["/", "c", "k", "f"])("leaves %p alone, but no key that is no character", (key) => {
    localStorage.setItem("studio.keys", "off");
    expect(press(one("p"), key)).toBe(true);
    expect(press(one("p"), " ")).toBe(false);
    expect(player.play).toHaveBeenCalledTimes(1);
  });
});
