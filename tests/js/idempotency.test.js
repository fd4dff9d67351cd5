import { beforeEach, describe, expect, test } from "bun:test";
import "../../assets/js/idempotency.js";
import { changes, draw, one, start, submit } from "./person.js";

const page = (key, prompt, { account = "ada", taken = "" } = {}) =>
  `<main data-account="${account}"><span data-taken="${taken}"></span><form aria-label="Remix">
    <input name="idempotency_key" value="${key}"><input name="quote" value="${Math.random()}">
    <textarea name="prompt">${prompt}</textarea></form></main>`;

await start();
beforeEach(() => sessionStorage.clear());

// Press the button of a form that the server drew; return the key under which it goes out.
async function send(...drawn) {
  draw(page(...drawn));
  await changes();
  submit(one("form"));
  return one("form").elements.idempotency_key.value;
}

describe("what was sent and not answered", () => {
  test("goes out under its first key, whatever key the server draws by then", async () => {
    expect(await send("k1", "a kite")).toBe("k1");
    expect(await send("k2", "a kite")).toBe("k1");
    expect(await send("k3", "a kite")).toBe("k1");
  });

  test("is another wish when it says something else", async () => {
    await send("k1", "a kite");
    expect(await send("k2", "a red kite")).toBe("k2");
  });

  test("is nobody else's", async () => {
    await send("k1", "a kite");
    expect(await send("k2", "a kite", { account: "bob" })).toBe("k2");
  });
});

test("what was taken is another wish the next time", async () => {
  await send("k1", "a kite");
  expect(await send("k2", "a kite", { taken: "k1" })).toBe("k2");
});
