import { beforeAll, beforeEach, describe, expect, jest, test } from "bun:test";
import "../../assets/js/times.js";
import { changes, draw, one, start } from "./person.js";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400]; // seconds
const at = (seconds) => new Date(NOW + seconds * 1000).toISOString();

beforeEach(() => jest.setSystemTime(NOW));

test("a page that React has not taken over is left alone", () => {
  draw(`<time data-ago="" datetime="${at(0)}"></time><p><time data-left="" datetime="${at(60)}"></time></p>`);
  jest.advanceTimersByTime(60_000);

  expect(document.body.textContent).toBe("");
});

describe("how long ago", () => {
  beforeAll(start);
  const tell = async (seconds) => {
    draw(`<time data-ago="" datetime="${at(-seconds)}"></time>`);
    await changes();
    return one("time").textContent;
  };

  test.each([
    [-5, "just now"],
    [59, "just now"],
    [MINUTE, "1 minute ago"],
    [2 * HOUR, "2 hours ago"],
    [DAY, "yesterday"],
    [15 * DAY, "2 weeks ago"],
    [61 * DAY, "2 months ago"],
    [800 * DAY, "2 years ago"],
  ])("%p seconds: %p", async (seconds, sentence) => {
    expect(await tell(seconds)).toBe(sentence);
  });

  test("the exact time is in the tool tip", async () => {
    await tell(HOUR);

    expect(one("time").title).toBe(new Date(NOW - HOUR * 1000).toLocaleString());
  });

  test("is told anew while the page stands there", async () => {
    await tell(0);
    jest.advanceTimersByTime(90_000);

    expect(one("time").textContent).toBe("1 minute ago");
  });
});

describe("how long a file is kept", () => {
  const tell = async (seconds) => {
    draw(`<p>It is there <time data-left="" datetime="${at(seconds)}"></time></p>`);
    await changes();
    return [one("time").textContent, one("p").dataset.short];
  };

  test.each([
    [2 * HOUR + 5 * MINUTE, "for another 2 h 5 min.", "false"],
    [10 * MINUTE, "for another 10 min.", "false"],
    [10 * MINUTE - 1, "for another 9 min.", "true"],
    [42, "for another 42 s.", "true"],
    [0, "no longer: it may be gone.", "true"],
  ])("%p seconds: %p", async (seconds, sentence, isShort) => {
    expect(await tell(seconds)).toEqual([sentence, isShort]);
  });

  test("runs down by the second", async () => {
    await tell(42);
    jest.advanceTimersByTime(2000);

    expect(one("time").textContent).toBe("for another 40 s.");
  });
});

test("a moment is told by the clock of the person", async () => {
  await start();
  draw(`<time data-moment="" datetime="${at(0)}"></time>`);
  await changes();

  expect(one("time").textContent).toContain("2026");
});
