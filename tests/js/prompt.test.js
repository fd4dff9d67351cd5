import { beforeEach, describe, expect, mock, spyOn, test } from "bun:test";
import "../../assets/js/prompt.js";
import { change, changes, draw, one, press, start, type } from "./person.js";

const FORM = `
  <form>
    <textarea name="prompt" data-prompt-box="" data-longest="10"></textarea>
    <output data-count="1,000"></output>
    <label><input type="checkbox" data-character="@Ada"></label>
    <button data-prompt="A kite over the sea" type="button">Try</button>
    <kbd data-keys=""></kbd>
  </form>`;
const box = () => one("textarea");
const heard = mock();
document.addEventListener("input", heard);

await start();
beforeEach(async () => {
  heard.mockClear();
  history.replaceState(null, "", "/");
  draw(FORM);
  await changes();
});

test("a box that the server has filled in to be edited has the focus", async () => {
  draw('<textarea data-prompt-box="">an edit</textarea>');
  await changes();

  expect(document.activeElement).toBe(box());
});

describe("the counter", () => {
  const shown = () => [one("output").textContent, one("output").dataset.near];

  test.each([
    ["", 1, "", "false"],
    ["x", 4, "4 / 1,000", "false"],
    ["🪁", 2, "2 / 1,000", "false"],
    ["x", 950, "950 / 1,000", "false"],
    ["x", 951, "951 / 1,000", "true"],
  ])("counts characters as people do: %p × %p", (character, times, count, near) => {
    type(box(), character.repeat(times));

    expect(shown()).toEqual([count, near]);
  });
});

test("what is too long is refused, not cut", () => {
  type(box(), "x".repeat(11));
  expect(box().validationMessage).toContain("11 characters; the limit is 10");
  expect(box().value).toHaveLength(11);

  type(box(), "x".repeat(10));
  expect(box().validationMessage).toBe("");
});

test("a text that the server has filled in is measured, too", async () => {
  draw('<form id="remix"><textarea data-remix="" data-longest="3">four</textarea></form>');
  await changes();

  expect(box().validity.valid).toBe(false);
});

describe("keys", () => {
  const sending = spyOn(HTMLFormElement.prototype, "requestSubmit").mockImplementation(() => {});
  beforeEach(() => sending.mockClear());

  test.each([{ ctrlKey: true }, { metaKey: true }])("%j and Enter send", (held) => {
    expect(press(box(), "Enter", held)).toBe(false);
    expect(sending).toHaveBeenCalledTimes(1);
  });

  test("a key that belongs to an input method sends nothing", () => {
    expect(press(box(), "Enter", { ctrlKey: true, isComposing: true })).toBe(true);
    expect(sending).not.toHaveBeenCalled();
  });

  test("Enter alone is a new line", () => {
    expect(press(box(), "Enter")).toBe(true);
    expect(sending).not.toHaveBeenCalled();
  });

  test("their name is that of the person's keyboard", () => {
    expect(one("kbd").textContent).toBe("Ctrl ↵");
  });
});

test("an example is written into the box, as if it was typed", () => {
  one("[data-prompt]").click();

  expect(box().value).toBe("A kite over the sea");
  expect(heard).toHaveBeenCalledTimes(1);
  expect(document.activeElement).toBe(box());
});

describe("a character", () => {
  const choose = (checked) => {
    one("[data-character]").checked = checked;
    change(one("[data-character]"));
  };
  const write = (text, at = text.length) => {
    type(box(), text);
    box().setSelectionRange(at, at);
  };

  test("is written where the cursor stands, with a space before", () => {
    write("with and a kite", 4);
    choose(true);

    expect(box().value).toBe("with @Ada  and a kite");
    expect(heard).toHaveBeenCalledTimes(2);
    expect(document.activeElement).toBe(box());
  });

  test("needs no second space", () => {
    write("with ");
    choose(true);

    expect(box().value).toBe("with @Ada ");
  });

  test("is named once", () => {
    write("@Ada flies a kite");
    choose(true);

    expect(box().value).toBe("@Ada flies a kite");
  });

  test("leaves the text that it was written into when it is no longer chosen", () => {
    write("a kite");
    choose(true);
    write("a kite @Ada flies");
    choose(false);

    expect(box().value).toBe("a kite flies");
  });

  test("stays in a text that a person has written", () => {
    write("@Ada flies");
    choose(true);
    choose(false);

    expect(box().value).toBe("@Ada flies");
  });
});

test("a link to the remix goes into its box", async () => {
  history.replaceState(null, "", "/video/v1#remix");
  draw('<form id="remix"><textarea data-remix="">kite</textarea></form>');
  await changes();

  expect(document.activeElement).toBe(box());
});

describe("the height of a box", () => {
  const inCss = spyOn(Object.getPrototypeOf(CSS), "supports");
  const measure = () => {
    const heights = [];
    Object.defineProperty(box(), "scrollHeight", { get: () => heights.push(box().style.height) && 120 });
    return heights;
  };
  beforeEach(() => inCss.mockReturnValue(false));

  test.each(["data-prompt-box", "data-remix"])(
    "grows and shrinks with its text where CSS cannot do it: %s",
    (kind) => {
      draw(`<form id="f"><textarea ${kind}=""></textarea></form>`);
      const before = measure();
      type(box(), "many\nlines");

      expect(before).toEqual(["auto"]);
      expect(box().style.height).toBe("120px");
    },
  );

  test("is that of the text which is there at first", async () => {
    draw('<form id="f"><textarea data-remix="">many\nlines</textarea></form>');
    measure();
    await changes();

    expect(box().style.height).toBe("120px");
  });

  test("is left to CSS where it can", () => {
    inCss.mockReturnValue(true);
    draw(FORM);
    measure();
    type(box(), "many\nlines");

    expect(box().style.height).toBe("");
  });
});
