import { expect, test } from "bun:test";
import { standIn } from "../../assets/js/storage.js";
import { changes, draw, one, start } from "./person.js";

const block = (name) =>
  Object.defineProperty(window, name, {
    configurable: true,
    get() {
      throw new DOMException("denied", "SecurityError");
    },
  });

test("a storage that works is left alone", () => {
  const before = window.sessionStorage;

  expect(standIn("sessionStorage")).toBe(false);
  expect(window.sessionStorage).toBe(before);
});

test("where it is blocked, something stands in for it that forgets with the page", () => {
  block("sessionStorage");

  expect(standIn("sessionStorage")).toBe(true);
  sessionStorage.setItem("a", 1);
  expect([sessionStorage.getItem("a"), sessionStorage.key(0), sessionStorage.length]).toEqual(["1", "a", 1]);
  sessionStorage.removeItem("a");
  expect([sessionStorage.getItem("a"), sessionStorage.key(0), sessionStorage.length]).toEqual([
    null,
    null,
    0,
  ]);
  sessionStorage.setItem("b", "2");
  sessionStorage.clear();
  expect(sessionStorage.length).toBe(0);
});

test("a page without a storage says so", async () => {
  block("localStorage");

  await import("../../assets/js/storage.js?blocked");
  await start();
  draw("<main></main><p data-blocked hidden></p>");
  await changes();

  expect(one("[data-blocked]").hidden).toBe(false);
});
