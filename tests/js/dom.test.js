import { beforeEach, expect, mock, test } from "bun:test";
import { on, onKey } from "../../assets/js/dom.js";
import { draw, one, press } from "./person.js";

const hear = mock();
on("click", "[data-it]", hear);

beforeEach(() => {
  hear.mockClear();
  draw('<section><button data-it=""><b>Here</b></button><i>There</i></section>');
});

test("an event inside an element is heard with that element", () => {
  one("b").click();

  expect(hear).toHaveBeenCalledTimes(1);
  expect(hear.mock.calls[0][0]).toBe(one("button"));
});

test("an event elsewhere is not heard", () => {
  one("i").click();
  document.dispatchEvent(new Event("click")); // has no closest()

  expect(hear).not.toHaveBeenCalled();
});

test("an element that comes later is heard, too", () => {
  draw('<button data-it="">New</button>');
  one("button").click();

  expect(hear).toHaveBeenCalledTimes(1);
});

test("who captures is asked before the page, others after it", () => {
  const order = [];
  on("click", "i", () => order.push("after"));
  on("click", "i", () => order.push("before"), true);
  one("section").addEventListener("click", () => order.push("page"));
  one("i").click();

  expect(order).toEqual(["before", "page", "after"]);
});

test("a key is not heard while it helps to write a character", () => {
  const heard = mock();
  onKey("i", heard);
  press(one("i"), "Enter", { isComposing: true });
  press(one("i"), "Enter", { keyCode: 229 });
  expect(heard).not.toHaveBeenCalled();

  press(one("i"), "Enter");
  expect(heard).toHaveBeenCalledTimes(1);
});
