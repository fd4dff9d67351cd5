import { beforeEach, describe, expect, jest, mock, test } from "bun:test";
import "../../assets/js/composer.js";
import { all, changes, draw, one, start, submit, type } from "./person.js";

const PAGE = `
  <main>
    <p class="banner" data-slow="" hidden></p>
    <div data-ghosts=""></div>
    <form data-composer="" data-form-key="k1" data-answer="0" data-open="true">
      <input type="hidden" name="idempotency_key" value="k1">
      <textarea name="prompt"></textarea>
      <p data-upload-error="">before</p>
      <label><input type="radio" name="size" data-size="720x1280" checked></label>
      <label><input type="checkbox" data-character="@Ada" checked></label>
      <button type="button" data-options="" aria-expanded="true">Options</button>
    </form>
    <i>elsewhere</i>
  </main>`;
const form = () => one("form");
const box = () => one("textarea");
const ghosts = () => all(".ghost");
const complaint = () => one("[data-upload-error]").textContent;
const NO_ANSWER = expect.stringContaining("has not answered");

window.scrollTo = mock();
one("body").append(document.createElement("main"));
await start();

beforeEach(async () => {
  sessionStorage.clear();
  history.replaceState(null, "", "/?edit=v1");
  draw(PAGE.replace("data-size", 'value="720x1280" data-size'));
  await changes();
});

function create(prompt = "a kite\nover the sea") {
  type(box(), prompt);
  return submit(form());
}

async function answer({ accepted = "true", answered = "k1", id = "1" } = {}) {
  Object.assign(form().dataset, { accepted, answered });
  form().dataset.answer = id;
  await changes();
}

describe("at the click", () => {
  test("a tile stands there in the size that was asked for, named by the first line", () => {
    expect(create()).toBe(true);

    expect(ghosts()).toHaveLength(1);
    expect(one(".ghost .name").textContent).toBe("a kite");
    expect(Number(ghosts()[0].style.getPropertyValue("--ar"))).toBeCloseTo(720 / 1280);
    expect(form().dataset.open).toBe("false");
    expect(complaint()).toBe("");
    expect(window.scrollTo).toHaveBeenLastCalledWith({ top: 0, behavior: "smooth" });
  });

  test("a name is text, never markup", () => {
    create("<img src=x onerror=alert(1)>");

    expect(all(".ghost img")).toEqual([]);
  });

  test("a second one of the same wish goes nowhere", () => {
    const heard = mock();
    form().addEventListener("submit", heard);
    create();

    expect(submit(form())).toBe(false);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(ghosts()).toHaveLength(1);
  });

  test("it waits for a picture that is being uploaded", () => {
    form().dataset.uploading = "";

    expect(create()).toBe(false);
    expect(ghosts()).toEqual([]);
  });

  test("nothing that was asked for is no tile", () => {
    create("  \n ");

    expect(ghosts()).toEqual([]);
    expect(form().dataset.pending).toBeUndefined();
  });
});

describe("the answer", () => {
  test("yes empties the form", async () => {
    create();
    await answer();

    expect(ghosts()).toEqual([]);
    expect(box().value).toBe("");
    expect(location.search).toBe("");
    expect(form().dataset.pending).toBeUndefined();
  });

  test("yes lets go of the characters; after an edit the server draws those of what is not sent yet", async () => {
    create();
    await answer();
    expect(one("[data-character]").checked).toBe(true);

    create();
    await answer({ id: "2" });
    expect(one("[data-character]").checked).toBe(false);
  });

  test("counts once: the same words after it are another wish", async () => {
    create("a kite");
    await answer();
    type(box(), "a kite");
    await answer({ id: "2" });

    expect(box().value).toBe("a kite");
  });

  test("takes back what was wrong before", async () => {
    create();
    one("[data-upload-error]").textContent = "an image that did not arrive";
    await answer();

    expect(complaint()).toBe("");
  });

  test("yes leaves what was typed meanwhile", async () => {
    create();
    type(box(), "the next one");
    await answer();

    expect(box().value).toBe("the next one");
  });

  test("no leaves everything, to be mended", async () => {
    create("a kite");
    await answer({ accepted: "false" });

    expect(ghosts()).toEqual([]);
    expect(box().value).toBe("a kite");
    expect(document.activeElement).toBe(box());
    expect(location.search).toBe("?edit=v1");
    expect(one("[data-character]").checked).toBe(true);
  });

  test.each([
    ["to another wish", { answered: "k0" }],
    ["that was there at the click", { id: "0" }],
  ])("%s changes nothing", async (_, other) => {
    create("a kite");
    await answer(other);

    expect(ghosts()).toHaveLength(1);
    expect(box().value).toBe("a kite");
  });
});

describe("a push before the answer", () => {
  const tile = (id, name) =>
    `<article class="tile"><span class="name">${name}</span><button data-menu="${id}"></button></article>`;
  const push = async (html) => {
    one("main").insertAdjacentHTML("beforeend", html);
    await changes();
  };

  test.each(["a kite", "a  kite", "a k…"])("takes the place of the tile of the click: %p", async (name) => {
    create();
    await push(tile("v2", name));

    expect(ghosts()).toEqual([]);
  });

  test("of another video does not", async () => {
    create();
    await push(tile("v2", "a boat"));

    expect(ghosts()).toHaveLength(1);
  });

  test("neither does an equal one that was there before", async () => {
    await push(tile("v1", "a kite"));
    create();
    await push("<b>something else</b>");

    expect(ghosts()).toHaveLength(1);
  });
});

test("a form that is not filled yet sends nothing, and says so", () => {
  form().elements.idempotency_key.value = "";

  expect(create()).toBe(false);
  expect(ghosts()).toHaveLength(0);
  expect(complaint()).toContain("not filled yet");
});

describe("a form that is a new tab's for the server", () => {
  let keys;
  const asNewTab = async (prompt) => {
    create();
    keys = [];
    form().addEventListener("submit", (event) => keys.push(event.target.elements.idempotency_key.value));
    if (prompt) type(box(), prompt);
    form().elements.idempotency_key.value = "k2";
    Object.assign(form().dataset, { formKey: "k2", answer: "", answered: "", accepted: "false" });
    await changes();
  };

  test("sends the wish again, under its key: the answer went to the old one", async () => {
    await asNewTab();
    expect(keys).toEqual(["k1"]);
    expect(ghosts()).toHaveLength(1);

    await answer();
    expect(box().value).toBe("");
    expect(ghosts()).toEqual([]);
  });

  test("sends nothing that says something else by now", async () => {
    await asNewTab("another kite");

    expect(keys).toEqual([]);
  });
});

describe("without an answer", () => {
  test("the person is told after fifteen seconds, and may press again", () => {
    create();
    jest.advanceTimersByTime(15_000);
    expect(complaint()).toBe("");
    expect(ghosts()).toHaveLength(1);

    jest.advanceTimersByTime(1000);
    expect(complaint()).toEqual(NO_ANSWER);
    expect(ghosts()).toEqual([]);
    expect(create()).toBe(true);
  });

  test("they are told at once when something went wrong", () => {
    create();
    one("main").insertAdjacentHTML("beforeend", '<p class="toast error"></p>');
    jest.advanceTimersByTime(3000);

    expect(complaint()).toEqual(NO_ANSWER);
  });

  test("a lost connection does not count: the wish is sent later", () => {
    create();
    one("main").insertAdjacentHTML("beforeend", '<p class="banner" data-away=""></p>');
    jest.advanceTimersByTime(60_000);
    expect(complaint()).toBe("");

    one("[data-away]").remove();
    jest.advanceTimersByTime(16_000);
    expect(complaint()).toEqual(NO_ANSWER);
  });

  test("an answer in time ends the waiting", async () => {
    create();
    await answer();
    jest.advanceTimersByTime(60_000);

    expect(complaint()).toBe("");
  });
});

describe("the options", () => {
  const state = () => [form().dataset.open, one("[data-options]").getAttribute("aria-expanded")];

  test("open and close with their button", () => {
    one("[data-options]").click();
    expect(state()).toEqual(["false", "false"]);

    one("[data-options]").click();
    expect(state()).toEqual(["true", "true"]);
  });

  test("close with a click elsewhere, not with one inside", () => {
    box().click();
    expect(form().dataset.open).toBe("true");

    one("i").click();
    expect(form().dataset.open).toBe("false");
  });
});
