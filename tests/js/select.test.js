import { beforeEach, describe, expect, jest, mock, test } from "bun:test";
import "../../assets/js/select.js";
import { all, changes, draw, happen, one, press, start } from "./person.js";

const acted = mock();
const box = (id) => one(`[data-check="${id}"]`);
const chosen = () =>
  all("[data-check]")
    .filter(({ checked }) => checked)
    .map(({ dataset }) => dataset.check);
const said = () => one("[data-selected]").textContent;
const sent = () => JSON.parse(acted.mock.calls.at(-1)[0]);
const click = (element, options = {}) =>
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1, ...options }));

await start();
beforeEach(async () => {
  acted.mockClear();
  history.replaceState(null, "", "/library?q=fox&status=completed");
  const tile = (id) => `<article class="tile ready"><a class="open" href="#" id="${id}"></a>
    <label class="picker"><input type="checkbox" data-check="${id}"></label></article>`;
  draw(`<main><button data-ask="status=" aria-pressed="true"><span class="num">312</span></button>
    <div data-bar="" data-until="2026-12-01T10:00:00+00:00" hidden><button data-unselect=""></button><span data-selected=""></span>
    <button data-select-all=""></button><button data-batch="star=4"></button><button data-batch="delete="></button>
    <details open><summary></summary><input data-tag=""><button data-tagging="untag"></button></details></div>
    <div class="grid">${["a", "b", "c", "d", "e"].map(tile).join("")}</div>
    <button id="act"></button></main>`);
  one("#act").addEventListener("click", () => acted(one("#act").dataset.act));
  await changes();
  click(one("[data-unselect]"));
});

describe("what is selected", () => {
  test("is what was clicked, and with Shift all up to there", () => {
    click(box("b"));
    expect([chosen(), said(), one("[data-bar]").hidden]).toEqual([["b"], "1 selected", false]);

    click(box("d"), { shiftKey: true });
    expect(chosen()).toEqual(["b", "c", "d"]);

    click(box("c"));
    expect([chosen(), said()]).toEqual([["b", "d"], "2 selected"]);
  });

  test("is what x was pressed on, until it is pressed again", () => {
    press(one("#a"), "x");
    expect(chosen()).toEqual(["a"]);

    press(one("#a"), "x");
    expect([chosen(), one("[data-bar]").hidden]).toEqual([[], true]);
  });

  test("is all that match but some, of which the page may know few", () => {
    expect(press(one("#a"), "a", { ctrlKey: true })).toBe(false);
    expect(said()).toBe("All 312 selected");

    click(box("b"));
    expect([chosen(), said()]).toEqual([["a", "c", "d", "e"], "All 312 but 1 selected"]);
    click(one("[data-batch='star=4']"));
    expect(sent()).toEqual({
      action: "star",
      value: "4",
      ids: ["b"],
      all: true,
      until: "2026-12-01T10:00:00+00:00",
      q: "fox",
      status: "completed",
      project: "",
    });
  });

  test("Ctrl+A in a box is about its text", () => {
    expect(press(one("[data-tag]"), "a", { ctrlKey: true })).toBe(true);
    expect(chosen()).toEqual([]);
  });

  test("is nothing after Escape, and when something else is asked for", async () => {
    click(box("a"));
    press(one("#a"), "Escape");
    expect(chosen()).toEqual([]);

    click(box("a"));
    await changes();
    history.replaceState(null, "", "/library?q=bear");
    one("main").append(document.createElement("i"));
    await changes();
    expect(chosen()).toEqual([]);
  });

  test("stays when the page is drawn again", async () => {
    click(box("a"));
    one("#a").parentElement.outerHTML = one("#a").parentElement.outerHTML.replace("data-chosen", "");
    await changes();
    expect(chosen()).toEqual(["a"]);
  });
});

describe("a click on a tile", () => {
  test("opens it, while nothing is selected", () => {
    expect(click(one("#a"))).toBe(true);
    expect(chosen()).toEqual([]);
  });

  test("selects it, once something is; and with Ctrl", () => {
    expect(click(one("#a"), { ctrlKey: true })).toBe(false);
    expect(click(one("#c"))).toBe(false);
    expect(chosen()).toEqual(["a", "c"]);
  });

  test("by the keyboard opens it all the same", () => {
    click(box("a"));
    expect(click(one("#c"), { detail: 0 })).toBe(true);
  });
});

describe("what is done", () => {
  test("leaves the selection, but for what deletes it", () => {
    click(box("a"));
    click(one("[data-batch='star=4']"));
    expect(chosen()).toEqual(["a"]);

    click(one("[data-batch='delete=']"));
    expect(sent()).toMatchObject({ action: "delete", ids: ["a"], all: false });
    expect(chosen()).toEqual([]);
  });

  test("is a tag, by Enter or by a button, and never an empty one", () => {
    click(box("a"));
    press(one("[data-tag]"), "Enter");
    expect(acted).not.toHaveBeenCalled();

    one("[data-tag]").value = "Client";
    press(one("[data-tag]"), "Enter");
    expect(sent()).toMatchObject({ action: "tag", value: "Client", ids: ["a"] });
    expect([one("[data-tag]").value, one("details").open]).toEqual(["", false]);

    one("[data-tag]").value = "Client";
    click(one("[data-tagging]"));
    expect(sent()).toMatchObject({ action: "untag", value: "Client" });
  });
});

describe("a finger that rests on a tile", () => {
  const point = (type, options = {}) =>
    happen(
      one("#a"),
      new PointerEvent(type, {
        bubbles: true,
        cancelable: true,
        pointerType: "touch",
        clientX: 50,
        ...options,
      }),
    );

  test("selects it, and neither opens it nor its menu when it leaves", () => {
    expect(point("contextmenu")).toBe(true);
    point("pointerdown");
    point("pointermove", { clientX: 55 });
    jest.advanceTimersByTime(400);
    expect(chosen()).toEqual(["a"]);

    expect(point("contextmenu")).toBe(false);
    point("pointerup");
    expect(click(one("#a"))).toBe(false);
    expect(chosen()).toEqual(["a"]);
  });

  test.each([
    ["leaves", "pointerup", {}],
    ["wanders", "pointermove", { clientX: 90 }],
  ])("selects nothing when it %s before", (_, type, options) => {
    point("pointerdown");
    point(type, options);
    jest.advanceTimersByTime(400);
    expect(chosen()).toEqual([]);
  });

  test("is no mouse", () => {
    point("pointerdown", { pointerType: "mouse" });
    jest.advanceTimersByTime(400);
    expect(chosen()).toEqual([]);
  });
});

test("a tile's menu gives stars to that one, whatever is selected", () => {
  one("main").insertAdjacentHTML(
    "beforeend",
    `<div class="menu" data-video="c"><button data-rate="3"></button></div>`,
  );
  click(box("a"));
  click(one("[data-rate]"));
  expect(sent()).toEqual({ action: "star", value: "3", ids: ["c"] });
});
