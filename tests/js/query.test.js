import { beforeEach, describe, expect, mock, spyOn, test } from "bun:test";
import { ask } from "../../assets/js/query.js";
import { draw, happen, one, type } from "./person.js";

beforeEach(() => history.replaceState({ idx: 3 }, "", "/library?q=kite"));

test("a parameter is written, and taken out when it is empty", () => {
  ask("status", "failed");
  expect(location.search).toBe("?q=kite&status=failed");

  ask("q", "");
  expect(location.search).toBe("?status=failed");
});

test("what the router keeps of the page stays", () => {
  ask("q", "boat");

  expect(history.state).toEqual({ idx: 3 });
});

test.each([
  ["status=failed", "?q=kite&status=failed"],
  ["q=", ""],
])("a click on %p is in the address before the page hears of it", (asked, search) => {
  draw(`<button data-ask="${asked}">Filter</button>`);
  let seen;
  one("button").addEventListener("click", () => {
    seen = location.search;
  });
  one("button").click();

  expect(seen).toBe(search);
});

test("so is what is typed into the search", () => {
  draw("<input data-search>");
  let seen;
  one("input").addEventListener("input", () => {
    seen = location.search;
  });
  type(one("input"), " a boat ");

  expect(seen).toBe("?q=a+boat");
});

test("a filter that is a word is written into the search, and taken out again", () => {
  draw('<input data-search value="red  fox"><button data-word="stars:>=1"></button>');
  one("button").click();
  expect([one("input").value, location.search]).toEqual(["red fox stars:>=1", "?q=red+fox+stars%3A%3E%3D1"]);

  one("button").click();
  expect(one("input").value).toBe("red fox");
});

describe("the link between log-in and sign-up", () => {
  const assign = spyOn(location, "assign").mockImplementation(() => {});
  const router = mock((event) => event.preventDefault());
  const follow = () => {
    one("a").addEventListener("click", router);
    return happen(one("a"), new MouseEvent("click", { bubbles: true, cancelable: true }));
  };

  beforeEach(() => {
    assign.mockClear();
    router.mockClear();
    draw('<a data-keep-query="" href="/signup">Sign up</a>');
  });

  test("takes along where the person wanted to go", () => {
    history.replaceState(null, "", "/login?next=%2Fvideo%2Fv1");

    expect(follow()).toBe(false);
    expect(router).not.toHaveBeenCalled();
    expect(assign.mock.calls).toEqual([["/signup?next=%2Fvideo%2Fv1"]]);
  });

  test("is a plain link otherwise", () => {
    history.replaceState(null, "", "/login?error=credentials");

    follow();
    expect(router).toHaveBeenCalledTimes(1);
    expect(assign).not.toHaveBeenCalled();
  });
});

test("what is chosen from a list is in the address before the page hears of it", () => {
  draw(
    `<select data-choose="project"><option value="">Mine</option><option value="p1">Theirs</option></select>`,
  );
  let seen;
  one("select").addEventListener("change", () => {
    seen = location.search;
  });
  one("select").value = "p1";
  happen(one("select"), new Event("change", { bubbles: true }));

  expect(seen).toBe("?q=kite&project=p1");
});
