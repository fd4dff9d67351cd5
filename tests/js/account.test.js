import { beforeEach, expect, mock, spyOn, test } from "bun:test";
import { isSomebodyElse, whenKnown } from "../../assets/js/account.js";
import { changes, draw, happen, one, start } from "./person.js";

const reload = spyOn(location, "reload").mockImplementation(() => {});
const known = mock();
whenKnown(known);

const show = async (account) => {
  draw(`
    <main data-account="${account}">
      <div data-other-account="" hidden><a href="/">Go on</a></div>
      <button>Create</button>
    </main>`);
  await changes();
};
// In another tab of this browser.
const logIn = (account) => {
  localStorage.setItem("studio.account", account);
  happen(window, Object.assign(new Event("storage"), { key: "studio.account" }));
};
const isTold = () => !one("[data-other-account]").hidden;

await start();
beforeEach(async () => {
  reload.mockClear();
  known.mockClear();
  await show("");
  await show("ada");
});

test("a page knows whose it is, again after each lost connection", async () => {
  expect(known).toHaveBeenCalledTimes(1);
  expect(localStorage.getItem("studio.account")).toBe("ada");

  await show("");
  await show("ada");
  expect(known).toHaveBeenCalledTimes(2);
  expect(reload).not.toHaveBeenCalled();
});

test("when somebody else logs in in another tab, this one says so and does nothing more", () => {
  const acted = mock();
  one("button").addEventListener("click", acted);
  one("a").addEventListener("click", acted);
  logIn("grace");
  expect(isTold()).toBe(true);
  expect(isSomebodyElse()).toBe(true);

  one("button").click();
  expect(acted).not.toHaveBeenCalled();
  one("a").click();
  expect(acted).toHaveBeenCalledTimes(1);

  logIn("ada");
  expect(isTold()).toBe(false);
  one("button").click();
  expect(acted).toHaveBeenCalledTimes(2);
});

test("an act finds it out, though the browser has not told this tab", () => {
  localStorage.setItem("studio.account", "grace");
  one("button").click();

  expect(isTold()).toBe(true);
});

test("a page whose socket came back with another cookie starts anew", async () => {
  await show("");
  await show("grace");

  expect(reload).toHaveBeenCalledTimes(1);
  reload.mockClear();
  await show("");
});

test("when the session has ended, the log-in page is a new page", async () => {
  draw(`<main class="bare-page"><form data-sign-in=""></form></main>`);
  await changes();
  expect(reload).toHaveBeenCalledTimes(1);
});
