import { beforeEach, describe, expect, jest, mock, test } from "bun:test";
import "../../assets/js/controls.js";
import { all, changes, draw, happen, one, press } from "./person.js";

const selected = (box) => box.value.slice(box.selectionStart, box.selectionEnd);

describe("copying", () => {
  const clipboard = { writeText: mock(async () => {}) };
  const offer = (value) => Object.defineProperty(navigator, "clipboard", { value, configurable: true });
  const copy = async () => {
    one("[data-copy]").click();
    await changes();
  };

  beforeEach(() => {
    clipboard.writeText.mockClear();
    draw('<p id="text">a kite</p><button data-copy="#text">Copy</button>');
  });

  test("puts the text into the clipboard and says so for a moment", async () => {
    offer(clipboard);
    await copy();
    expect(clipboard.writeText.mock.calls).toEqual([["a kite"]]);
    expect("copied" in one("button").dataset).toBe(true);

    jest.advanceTimersByTime(1600);
    expect("copied" in one("button").dataset).toBe(false);
  });

  test("does without the clipboard's interface, and leaves nothing behind", async () => {
    offer(undefined);
    const copied = [];
    document.execCommand = (command) => copied.push([command, selected(one("textarea"))]);
    await copy();

    expect(copied).toEqual([["copy", "a kite"]]);
    expect(all("textarea")).toEqual([]);
  });
});

describe("the title", () => {
  const title = () => one("[data-title]");
  const box = () => one("input");
  const isEdited = () => "editing" in title().dataset;

  beforeEach(() =>
    draw('<div data-title=""><h1>A kite</h1><button>Rename</button><input></div><i tabindex="0"></i>'),
  );

  test.each(["h1", "button"])("is edited in place after a click on %p", (element) => {
    one(element).click();

    expect(isEdited()).toBe(true);
    expect(selected(box())).toBe("A kite");
  });

  test("is given back by Escape", () => {
    one("h1").click();
    box().focus();
    box().value = "A boat";
    press(box(), "Escape");

    expect(box().value).toBe("A kite");
    expect(document.activeElement).not.toBe(box());
  });

  test("is sent by Enter, as it was typed", () => {
    one("h1").click();
    box().focus();
    box().value = "A boat";
    press(box(), "Enter");

    expect(box().value).toBe("A boat");
    expect(document.activeElement).not.toBe(box());
  });

  test("that was not changed is the newer one of another tab when its box is left", () => {
    one("h1").click();
    one("h1").textContent = "A boat";
    happen(box(), new FocusEvent("focusout", { bubbles: true }));

    expect(box().value).toBe("A boat");
  });

  test("is never empty", () => {
    one("h1").click();
    box().value = " ";
    happen(box(), new FocusEvent("focusout", { bubbles: true }));

    expect(box().value).toBe("A kite");
  });

  test("keeps its box while an input method is at work", () => {
    one("h1").click();
    box().focus();
    press(box(), "Escape", { isComposing: true });
    press(box(), "Enter", { keyCode: 229 });

    expect(document.activeElement).toBe(box());
  });

  test("is a title again when the box is left", () => {
    one("h1").click();
    happen(box(), new FocusEvent("focusout", { bubbles: true }));

    expect(isEdited()).toBe(false);
  });
});

describe("a question", () => {
  beforeEach(() =>
    draw('<details class="confirm" open><summary>Delete</summary><b>Now</b></details><i></i>'),
  );

  test.each([
    ["i", false],
    ["b", true],
  ])("after a click on %p is open: %p", (element, open) => {
    one(element).click();

    expect(one("details").open).toBe(open);
  });
});

test("a message that has left the screen is taken away, with its undo", () => {
  const taken = mock();
  draw('<div class="toast"><button data-dismiss=""></button></div>');
  one("button").addEventListener("click", taken);
  const end = (animationName) =>
    happen(one(".toast"), Object.assign(new Event("animationend", { bubbles: true }), { animationName }));
  end("rise");
  expect(taken).not.toHaveBeenCalled();

  end("leave");
  expect(taken).toHaveBeenCalledTimes(1);
});
