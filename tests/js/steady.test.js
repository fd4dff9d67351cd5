import { beforeEach, describe, expect, jest, mock, spyOn, test } from "bun:test";
import "../../assets/js/steady.js";
import { changes, draw, one, start } from "./person.js";

let clock = 0;
spyOn(performance, "now").mockImplementation(() => clock);
const pass = (milliseconds) => {
  clock += milliseconds;
  jest.advanceTimersByTime(16); // the browser draws
};

const acted = mock();
// Draw a button of a name at a height; every button is 40 pixels high.
const place = async (name, top) => {
  draw(`<main><button id="${name}">${name}</button></main>`);
  one("button").getBoundingClientRect = () => ({ left: 0, right: 100, width: 100, top, bottom: top + 40 });
  one("button").addEventListener("click", acted);
  await changes();
  pass(0);
};
const send = (type, y, { pointerType, detail }) =>
  one("button").dispatchEvent(
    Object.assign(
      new MouseEvent(type, { bubbles: true, cancelable: true, clientX: 10, clientY: y, detail }),
      { pointerType },
    ),
  );
const tap = (y, how = { pointerType: "touch", detail: 1 }) => {
  if (how.detail) send("pointerdown", y, how);
  return send("click", y, how);
};

await start();
beforeEach(async () => {
  clock += 10_000;
  await place("open", 100);
  pass(5000);
  acted.mockClear();
});

describe("what has just moved under a finger", () => {
  test("takes no tap for 400 milliseconds", async () => {
    await place("delete", 100);
    pass(390);
    expect(tap(110)).toBe(false);
    expect(acted).not.toHaveBeenCalled();

    pass(20);
    expect(tap(110)).toBe(true);
    expect(acted).toHaveBeenCalledTimes(1);
  });

  test("may be tapped where nothing was before", async () => {
    await place("delete", 200);

    expect(tap(210)).toBe(true);
  });

  test("takes no second click of an impatient mouse, but every other", async () => {
    const mouse = { pointerType: "mouse", detail: 1 };
    tap(110, mouse);
    await place("delete", 100);
    pass(300);
    expect(tap(110, mouse)).toBe(false);

    await place("open", 100);
    pass(5000);
    await place("delete", 100);
    expect(tap(110, mouse)).toBe(true);
  });

  test("takes every click of one tap: that on a label clicks its box, too", async () => {
    const mouse = { pointerType: "mouse", detail: 1 };
    await place("label", 100);

    expect(tap(110, mouse)).toBe(true);
    expect(send("click", 110, mouse)).toBe(true);
  });

  test("may be chosen by a key", async () => {
    await place("delete", 100);

    expect(tap(110, { detail: 0 })).toBe(true);
  });

  test("may be tapped after the person has scrolled it there", async () => {
    await place("delete", 100);
    dispatchEvent(new Event("scroll"));
    pass(0);

    expect(tap(110)).toBe(true);
  });
});

test("what stands still may be tapped as often as one likes", () => {
  for (let time = 0; time < 3; time++) expect(tap(110)).toBe(true);
  expect(acted).toHaveBeenCalledTimes(3);
});
