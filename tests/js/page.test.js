import { beforeEach, describe, expect, jest, mock, spyOn, test } from "bun:test";
import { start, whenChanged, whenShown } from "../../assets/js/page.js";
import { changes, draw, one } from "./person.js";

const setUp = mock();
const follow = mock();
whenShown("[data-new]", setUp);
whenChanged(follow);

describe("following", () => {
  beforeEach(() => {
    setUp.mockClear();
    follow.mockClear();
  });

  test("nothing is touched before React has taken over", () => {
    draw('<main><p data-new=""></p></main>');
    start();
    jest.advanceTimersByTime(100);
    expect(setUp).not.toHaveBeenCalled();

    one("main").__reactFiber$x1 = {};
    jest.advanceTimersByTime(100);
    expect(setUp).toHaveBeenCalledTimes(1);
    expect(setUp.mock.calls[0][0]).toBe(one("p"));
  });

  test("an element is set up once, when it comes", async () => {
    one("main").insertAdjacentHTML("beforeend", '<i data-new=""></i>');
    await changes();
    one("main").append("more");
    await changes();

    expect(setUp).toHaveBeenCalledTimes(1);
    expect(setUp.mock.calls[0][0]).toBe(one("i"));
  });

  test("a new answer is a change, another attribute is not", async () => {
    one("main").dataset.answer = "1";
    await changes();
    expect(follow).toHaveBeenCalledTimes(1);

    one("main").dataset.other = "1";
    await changes();
    expect(follow).toHaveBeenCalledTimes(1);
  });
});

describe("a page that is not filled", () => {
  const SLOW = '<main data-ready="false"><p class="banner" data-slow="" hidden></p></main>';
  const reload = spyOn(location, "reload").mockImplementation(() => {});

  beforeEach(() => {
    draw("<main></main>");
    jest.advanceTimersByTime(1000); // what was empty before is forgotten
    reload.mockClear();
  });

  test("says so after five seconds", () => {
    draw(SLOW);
    jest.advanceTimersByTime(4000);
    expect(one("p").hidden).toBe(true);

    jest.advanceTimersByTime(1000);
    expect(one("p").hidden).toBe(false);
  });

  test("takes it back when it is filled", () => {
    draw(SLOW);
    jest.advanceTimersByTime(6000);
    one("main").dataset.ready = "true";
    jest.advanceTimersByTime(1000);

    expect(one("p").hidden).toBe(true);
  });

  test("is loaded again after fifteen seconds, once", () => {
    draw(SLOW);
    jest.advanceTimersByTime(14_000);
    expect(reload).not.toHaveBeenCalled();

    jest.advanceTimersByTime(10_000);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  test("waits while the banner says that there is no connection", () => {
    draw(`<p class="banner" data-away=""></p>${SLOW}`);
    jest.advanceTimersByTime(20_000);

    expect(one("[data-slow]").hidden).toBe(true);
    expect(reload).not.toHaveBeenCalled();
  });
});
