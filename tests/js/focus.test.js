import { afterEach, expect, jest, test } from "bun:test";
import "../../assets/js/focus.js";
import { changes, draw, one, start } from "./person.js";

const focused = () => document.activeElement;

await start();

// Draw a page, put the focus somewhere, and let an act change the page.
async function walk(html, where, act) {
  draw(`<main tabindex="-1">${html}</main>`);
  await changes();
  one(where).focus();
  act(one(where));
  await changes();
  jest.advanceTimersByTime(20);
}

afterEach(() => {
  draw("<main></main>");
  history.replaceState(null, "", "/");
});

test.each([
  ["the next one", "#b", "c"],
  ["the one before, of the last one", "#c", "b"],
])("what was removed gives the focus to %s", async (_, gone, next) => {
  const list =
    '<ul><li><a href="#" id="a"></a></li><li><a href="#" id="b"></a></li><li><a href="#" id="c"></a></li></ul>';
  await walk(list, gone, (link) => link.parentElement.remove());

  expect(focused().id).toBe(next);
});

test("from an empty list it goes to what is beside it, not into a box", async () => {
  const page =
    '<ul><li><button id="x"></button></li></ul><textarea></textarea><p><button hidden></button><button id="y"></button></p>';
  await walk(page, "#x", (button) => button.parentElement.remove());

  expect(focused().id).toBe("y");
});

test("from a page without anything it goes to the page", async () => {
  await walk('<button id="x"></button>', "#x", (button) => button.remove());

  expect(focused().tagName).toBe("MAIN");
});

test("on another page it begins at the top", async () => {
  await walk('<p><button id="x"></button></p><button></button>', "#x", (button) => {
    history.replaceState(null, "", "/library");
    button.remove();
  });

  expect(focused().tagName).toBe("MAIN");
});

test("what came over the page leads back to where one was before", async () => {
  const page =
    '<p><button id="x"></button></p><button></button><div class="toasts"><button id="undo"></button></div>';
  await walk(page, "#x", () => {
    one("#undo").focus();
    one("#undo").remove();
  });

  expect(focused().id).toBe("x");
});

test("what is enabled again before anybody could look gets it back", async () => {
  draw("<main tabindex='-1'><form><a href='#'></a><button></button></form></main>");
  await changes();
  const button = one("button");
  button.focus();
  button.disabled = true; // it has the focus until the next frame
  await changes();
  button.disabled = false;
  button.blur(); // as the frame did before that
  await changes();
  jest.advanceTimersByTime(20);
  expect(focused().tagName).toBe("BUTTON");

  button.blur(); // by a click on nothing
  one("form").append(document.createElement("p"));
  await changes();
  jest.advanceTimersByTime(20);
  expect(focused().tagName).toBe("BODY");
});

test("what is disabled for a moment gets it back", async () => {
  const form = '<form><a href="#" id="x"></a><button></button></form>';
  await walk(form, "button", (button) => {
    button.blur(); // as browsers do
    button.disabled = true;
  });
  expect(focused().id).toBe("x");

  one("button").disabled = false;
  await changes();
  expect(focused().tagName).toBe("BUTTON");
});
