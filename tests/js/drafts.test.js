import { beforeEach, describe, expect, test } from "bun:test";
import "../../assets/js/drafts.js";
import "../../assets/js/controls.js";
import { changes, draw, one, start, submit, type } from "./person.js";

const page = (box, account = "ada") => `<main data-account="${account}">${box}</main>`;
const PROMPT =
  '<form><input name="idempotency_key" value="k1"><textarea data-draft="create"></textarea></form>';
const NAME = '<input data-draft="display_name" value="Ada">';
const box = () => one("[data-draft]");
const kept = () => Object.keys(sessionStorage).filter((name) => name.startsWith("studio.draft"));

const show = async (html, path = "/") => {
  history.replaceState(null, "", path);
  draw(html);
  await changes();
};

await start();
beforeEach(async () => {
  await show("<main></main>"); // nobody's
  sessionStorage.clear();
  await show(page(PROMPT));
});

describe("a draft", () => {
  test("outlives its page", async () => {
    type(box(), "a kite");
    await show(page(""), "/library");
    await show(page(PROMPT));

    expect(box().value).toBe("a kite");
  });

  test("outlives the connection: the page is nobody's until it is filled again", async () => {
    await show(page(NAME));
    type(box(), "Ada Lovelace");
    await show(page('<input data-draft="display_name" value="">', ""));
    expect(box().value).toBe("");

    await show(page(NAME));
    expect(box().value).toBe("Ada Lovelace");
  });

  test("is nobody else's", async () => {
    type(box(), "a secret");
    await show("<main></main>");
    expect(kept()).toEqual(["studio.draft ada /  create"]);
    await show(page(PROMPT, "ada2"));

    expect(box().value).toBe("");
  });

  test("is kept although nobody knew yet whose page it was", async () => {
    await show(page(PROMPT, ""));
    type(box(), "a fast typist");
    expect(kept()).toEqual([]);

    one("main").dataset.account = "ada";
    await changes();
    expect(kept()).toHaveLength(1);
    expect(box().value).toBe("a fast typist");
  });

  test.each([
    ["/?edit=v1", "create"],
    ["/video/v1", "remix"],
  ])("belongs to what the form is filled with: %p", async (path, name) => {
    const filled = (text) => page(`<textarea data-draft="${name}">${text}</textarea>`);
    await show(filled("a kite"), path);
    type(box(), "a boat");
    await show(filled("a bird"), path.replace("v1", "v2"));
    expect(box().value).toBe("a bird");

    await show(filled("a kite"), path);
    expect(box().value).toBe("a boat");
  });

  test("ends when the box is as it was, or what was typed has been saved", async () => {
    await show(page(NAME));
    type(box(), "Grace");
    expect(kept()).toHaveLength(1);
    type(box(), "Ada");
    expect(kept()).toEqual([]);

    type(box(), "Grace");
    await show(page(NAME.replace("Ada", "Grace")));
    expect(kept()).toEqual([]);
  });

  test("ends when the server has taken the wish", async () => {
    type(box(), "a kite");
    submit(one("form"));
    await show(page('<i data-taken="k0"></i>'));
    expect(kept()).toHaveLength(1);

    await show(page(`<i data-taken="k1"></i>${PROMPT}`));
    expect(kept()).toEqual([]);
    expect(box().value).toBe("");
  });

  test("of a title opens its box again", async () => {
    const title = page('<div data-title=""><h1>A kite</h1><input data-draft="title" value="A kite"></div>');
    await show(title, "/video/v1");
    one("h1").click();
    type(box(), "A bird");
    await show(title, "/video/v1");

    expect("editing" in one("[data-title]").dataset).toBe(true);
    expect(box().value).toBe("A bird");
  });
});
