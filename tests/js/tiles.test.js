import { beforeEach, describe, expect, jest, mock, test } from "bun:test";
import { deleteTile } from "../../assets/js/tiles.js";
import { all, changes, draw, happen, one, start } from "./person.js";

const MENU = `
  <div id="tile-menu" role="menu" popover>
    <a data-item="download"></a><a data-item="remix"></a><a data-item="edit"></a>
    <div role="group" data-item="stars"><button data-rate="3"></button><button data-rate="0"></button></div>
    <a data-item="delete"></a>
    <details data-item="delete-at-once"><summary></summary><i data-cost=""></i><button></button></details>
  </div>`;

await start();

describe("the menu", () => {
  const menu = () => one("#tile-menu");
  const shown = () => all("#tile-menu > :not([hidden])").map((item) => item.dataset.item);
  const show = (look, stake = "", change = "true") => {
    const about = `data-look="${look}" data-stake="${stake}" data-change="${change}"`;
    draw(`<article class="tile"><button data-menu="v1" ${about}></button></article>${MENU}`);
  };
  const open = (...about) => {
    show(...about);
    one("button").click();
  };

  test.each([
    ["ready", ["download", "remix", "stars", "delete"]],
    ["failed", ["edit", "delete"]],
    ["coming", ["delete"]],
  ])("offers what can be done with one that is %s", (look, items) => {
    open(look);

    expect(shown()).toEqual(items);
    expect(document.activeElement.dataset.item).toBe(items[0]);
    expect(menu().dataset.video).toBe("v1");
  });

  test("says how many stars it has", () => {
    open("ready");
    const checked = () => all("[aria-checked=true]").map(({ dataset }) => dataset.rate);
    expect(checked()).toEqual(["0"]);

    one("article").insertAdjacentHTML("beforeend", '<i data-stars="3"></i>');
    one("button").click();
    one("button").click();
    expect(checked()).toEqual(["3"]);
  });

  test("deletes at once what costs nothing, and asks about anything else", () => {
    const deleted = mock();
    const press = (...about) => {
      show(...about);
      one('[data-item="delete"]').addEventListener("click", deleted);
      deleteTile(one("article"));
    };
    press("ready");
    expect(deleted).toHaveBeenCalledTimes(1);

    press("coming", "You still pay $0.40 for it.");
    expect([deleted.mock.calls.length, "isOpen" in menu().dataset]).toEqual([1, true]);

    press("ready", "", "false"); // who looks on
    expect(deleted).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["ready", ""],
    ["ready", "You still pay $0.40 for it."],
  ])("lets who looks on download a video and do nothing else to it", (look, stake) => {
    open(look, stake, "false");

    expect(shown()).toEqual(["download"]);
  });

  test("asks before something is deleted that costs all the same, and says what", () => {
    open("coming", "You still pay $0.40 for it.");

    expect(shown()).toEqual(["delete-at-once"]);
    expect(one("[data-cost]").textContent).toBe("You still pay $0.40 for it.");
    expect(document.activeElement).toBe(one("#tile-menu summary"));

    one("#tile-menu summary").click();
    jest.advanceTimersByTime(1);
    expect("isOpen" in menu().dataset).toBe(true);

    one("#tile-menu details button").click();
    jest.advanceTimersByTime(1);
    expect("isOpen" in menu().dataset).toBe(false);
  });

  test("downloads the video of its tile", () => {
    open("ready");

    expect(one('[data-item="download"]').getAttribute("href")).toBe(
      "/api/videos/v1/content?variant=video&download=1",
    );
  });
});

describe("the spritesheet", () => {
  const sheets = [];
  globalThis.Image = class {
    decode() {
      return new Promise((loaded, failed) => sheets.push({ address: this.src, loaded, failed }));
    }
  };
  const link = () => one("a");
  const point = (type, options) =>
    happen(link(), new PointerEvent(type, { bubbles: true, pointerType: "mouse", ...options }));

  beforeEach(() => {
    sheets.length = 0;
  });
  const tile = (name) => draw(`<article><a data-sprite="/${name}"><i></i></a></article>`);

  test("is loaded when a mouse points at the tile, once", async () => {
    tile("a.webp");
    point("pointerover");
    point("pointerover");
    expect(sheets.map((each) => each.address)).toEqual(["/a.webp"]);
    expect("scrub" in link().dataset).toBe(false);

    sheets[0].loaded();
    await changes();
    expect("scrub" in link().dataset).toBe(true);
    expect(link().style.getPropertyValue("--sheet")).toBe('url("/a.webp")');
  });

  test("is not for fingers", () => {
    tile("b.webp");
    point("pointerover", { pointerType: "touch" });

    expect(sheets).toEqual([]);
  });

  test("that comes late does not start over a tile that was left", async () => {
    tile("c.webp");
    point("pointerover");
    point("pointerout");
    sheets[0].loaded();
    await changes();

    expect("scrub" in link().dataset).toBe(false);
  });

  test("that did not come is asked for again", async () => {
    tile("d.webp");
    point("pointerover");
    sheets[0].failed();
    await changes();
    point("pointerout");
    point("pointerover");

    expect(sheets).toHaveLength(2);
  });

  test.each([
    [0, "0", "0"],
    [50, "0", "2"],
    [99, "4", "3"],
    [150, "4", "3"],
    [-10, "0", "0"],
  ])("at %p %% of the width the frame is in column %p of line %p", (clientX, column, line) => {
    tile("e.webp");
    link().getBoundingClientRect = () => ({ left: 0, width: 100 });
    point("pointermove", { clientX });

    const style = (name, element = link()) => element.style.getPropertyValue(name);
    expect([style("--column"), style("--line")]).toEqual([column, line]);
    expect(Number(style("--at", one("article")))).toBeCloseTo(Math.min(0.999, Math.max(0, clientX / 100)));
  });

  test("stays while the pointer is inside", async () => {
    tile("f.webp");
    point("pointerover");
    sheets[0].loaded();
    await changes();
    point("pointerout", { relatedTarget: one("i") });
    expect(link().getAttributeNames()).toContain("data-scrub");

    point("pointerout", { relatedTarget: document.body });
    expect(link().getAttributeNames().sort()).toEqual(["data-sprite", "style"]);
  });
});

test("a picture that does not come leaves its place empty, until it comes", () => {
  draw("<img><video></video>");
  happen(one("img"), new Event("error"));
  happen(one("video"), new Event("error"));
  expect([one("img").style.opacity, one("video").style.opacity]).toEqual(["0", ""]);

  happen(one("img"), new Event("load"));
  expect(one("img").style.opacity).toBe("");
});

describe("near the end of the page", () => {
  const [observer] = IntersectionObserver.all;
  const more = mock();
  const see = (isIntersecting = true) => observer.callback([{ isIntersecting, target: one("[data-more]") }]);
  const list = async (count) => {
    draw(`${'<article class="tile"></article>'.repeat(count)}<button data-more="">More</button>`);
    one("[data-more]").addEventListener("click", more);
    await changes();
  };

  beforeEach(async () => {
    draw("");
    await changes();
    more.mockClear();
  });

  test("the button for more is pressed, once for each number of tiles", async () => {
    await list(30);
    expect(observer.observed.has(one("[data-more]"))).toBe(true);
    see(false);
    expect(more).toHaveBeenCalledTimes(0);

    see();
    see();
    expect(more).toHaveBeenCalledTimes(1);

    await list(60);
    see();
    expect(more).toHaveBeenCalledTimes(2);
  });

  test("another question begins anew", async () => {
    await list(60);
    see();
    await list(20);
    see();
    await list(60);
    see();

    expect(more).toHaveBeenCalledTimes(3);
  });

  test("nothing is watched when that was all", async () => {
    await list(30);
    one("[data-more]").remove();
    await changes();

    expect(observer.observed.size).toBe(0);
  });
});
