import { beforeEach, describe, expect, jest, mock, test } from "bun:test";
import "../../assets/js/uploads.js";
import { change, draw, happen, one } from "./person.js";

const requests = [];

// The browser's request, answered by the test.
globalThis.XMLHttpRequest = class {
  upload = {};
  open(...line) {
    this.line = line;
  }
  send(body) {
    this.body = body;
    requests.push(this);
  }
  abort() {}
  answer(status, response = null) {
    Object.assign(this, { status, response });
    this.onloadend();
  }
};

const attach = mock();
const form = () => one("form");
const complaint = () => one("[data-upload-error]").textContent;
const picture = (type = "image/png", size = 3, name = "kite.png") => {
  const file = new File(["png"], name, { type });
  Object.defineProperty(file, "size", { value: size });
  return file;
};

beforeEach(() => {
  for (const request of requests) request.answer(0); // one that is under way would be waited for
  requests.length = 0;
  attach.mockClear();
  draw(`
    <form data-composer="">
      <textarea data-prompt-box=""></textarea>
      <input type="file" data-file="" data-most="1" accept="image/png,image/jpeg,image/webp">
      <p data-upload-error=""></p>
      <button type="button" data-attach=""></button>
    </form>`);
  one("[data-attach]").addEventListener("click", attach);
});

test.each(["image/pjpeg", "image/x-png", ""])(
  "of type %p it is sent: the server looks at the bytes",
  (type) => {
    choose(picture(type, 3, "kite"));

    expect(requests).toHaveLength(1);
  },
);

function choose(file) {
  Object.defineProperty(one("[data-file]"), "files", { value: [file] });
  change(one("[data-file]"));
}

// Send an event that carries files, as the clipboard and the mouse do.
function carry(type, element, where, files, types = files.length ? ["Files"] : ["text/plain"]) {
  const event = new Event(type, { bubbles: true, cancelable: true });
  Object.defineProperty(event, where, { value: { files, types } });
  return happen(element, event);
}

test("a picture is uploaded, and attached when it has arrived", () => {
  choose(picture());
  const [request] = requests;
  expect([...request.line, request.responseType]).toEqual(["POST", "/api/uploads", "json"]);
  expect(request.body.get("file").name).toBe("kite.png");
  expect("uploading" in form().dataset).toBe(true);

  request.upload.onprogress({ loaded: 30, total: 120 });
  expect(form().style.getPropertyValue("--uploaded")).toBe("25");

  request.answer(201, { id: "r1", width: 1280, height: 720 });
  expect(window.studio.uploaded).toEqual({ id: "r1", width: 1280, height: 720 });
  expect(attach).toHaveBeenCalledTimes(1);
  expect("uploading" in form().dataset).toBe(false);
  expect(form().style.getPropertyValue("--uploaded")).toBe("");
});

test.each([
  ["a film", picture("video/mp4"), "The file has to be a PNG, JPEG or WebP image."],
  ["a picture of 25 MB", picture("image/png", 25 * 1024 * 1024), "The file has 25 MB; the limit is 20 MB."],
])("%s is refused before it is sent", (_, file, sentence) => {
  choose(file);

  expect(complaint()).toBe(sentence);
  expect(requests).toEqual([]);
});

test.each([
  ["what the API says", 422, { error: { message: "The image is broken." } }, "The image is broken."],
  ["a sentence of our own", 0, null, expect.stringContaining("did not arrive")],
  ["a sentence of our own", 201, null, expect.stringContaining("did not arrive")],
  ["what a proxy's limit means", 413, null, expect.stringContaining("Choose a smaller one")],
  ["that a session has ended", 401, null, expect.stringContaining("Log in again")],
  ["that somebody is away", 502, null, expect.stringContaining("cannot be reached")],
  ["that somebody is away", 504, null, expect.stringContaining("cannot be reached")],
  ["a status that has no words", 418, null, expect.stringContaining("418")],
])("a failure shows %s (%p)", (_, status, response, sentence) => {
  choose(picture());
  requests[0].answer(status, response);

  expect(complaint()).toEqual(sentence);
  expect(attach).not.toHaveBeenCalled();
  expect("uploading" in form().dataset).toBe(false);
});

test("a new picture takes back what was wrong with the last one", () => {
  choose(picture("text/plain"));
  draw(document.body.innerHTML);
  choose(picture());

  expect(complaint()).toBe("");
});

describe("pasting", () => {
  test("a picture uploads it", () => {
    expect(carry("paste", one("textarea"), "clipboardData", [picture()])).toBe(false);
    expect(requests).toHaveLength(1);
  });

  test("text wins over a picture of it", () => {
    const copied = ["text/plain", "text/html", "Files"]; // cells of a spreadsheet
    expect(carry("paste", one("textarea"), "clipboardData", [picture()], copied)).toBe(true);
    expect(requests).toEqual([]);
  });

  test("text pastes it", () => {
    expect(carry("paste", one("textarea"), "clipboardData", [])).toBe(true);
    expect(requests).toEqual([]);
  });
});

describe("of several files", () => {
  const drop = (...files) => carry("drop", document.body, "dataTransfer", files);

  test("one is taken where one may be, and every other is refused in words", () => {
    drop(picture("text/plain", 3, "notes.txt"), picture(), picture("image/png", 3, "second.png"));

    expect(requests.map(({ body }) => body.get("file").name)).toEqual(["kite.png"]);
    expect(complaint()).toBe(
      "“notes.txt” was not added: The file has to be a PNG, JPEG or WebP image. " +
        "“second.png” was not added: only one file can be added.",
    );
  });

  test("as many as the model takes are uploaded one after the other, whatever they are", () => {
    Object.assign(one("[data-file]"), { accept: "image/png,video/mp4,audio/mpeg" });
    one("[data-file]").dataset.most = "3";
    drop(
      picture(),
      picture("video/mp4", 40 * 1024 * 1024, "b.mp4"),
      picture("audio/mpeg", 3, "c.mp3"),
      picture(),
    );

    expect(complaint()).toContain("only 3 files can be added");
    for (const [place, name] of ["kite.png", "b.mp4", "c.mp3"].entries()) {
      expect(requests).toHaveLength(place + 1);
      expect(requests[place].body.get("file").name).toBe(name);
      requests[place].answer(200, { id: name });
    }
    expect(attach).toHaveBeenCalledTimes(3);
    expect("uploading" in form().dataset).toBe(false);
  });

  test("each is told by its name what is wrong with it", () => {
    drop(picture("text/plain", 3, "a.txt"), picture("video/mp4", 3, "b.mp4"));

    expect(requests).toEqual([]);
    expect(complaint()).toContain("“a.txt” was not added: The file has to be");
    expect(complaint()).toContain("“b.mp4” was not added: The file has to be");
  });

  test("a later one takes the place of one that is still on its way", () => {
    drop(picture());
    const [first] = requests;
    first.abort = mock();
    drop(picture("image/png", 3, "second.png"));
    expect(first.abort).toHaveBeenCalledTimes(1);
    first.answer(0);
    expect("uploading" in form().dataset).toBe(true);

    requests[1].answer(201, { id: "r2" });
    expect(window.studio.uploaded).toEqual({ id: "r2" });
    expect(complaint()).toBe("");
  });
});

describe("dragging", () => {
  test("a picture over the page lights the form, until it leaves", () => {
    expect(carry("dragover", document.body, "dataTransfer", [picture()])).toBe(false);
    jest.advanceTimersByTime(100);
    carry("dragover", document.body, "dataTransfer", [picture()]);
    jest.advanceTimersByTime(100);
    expect(form().dataset.over).toBe("true");

    jest.advanceTimersByTime(100);
    expect(form().dataset.over).toBeUndefined();
  });

  test("and letting go uploads it", () => {
    carry("dragover", document.body, "dataTransfer", [picture()]);
    expect(carry("drop", document.body, "dataTransfer", [picture()])).toBe(false);
    expect(requests).toHaveLength(1);
    expect(form().dataset.over).toBeUndefined();
  });

  test.each(["dragover", "drop"])("text is the browser's business: %s", (type) => {
    expect(carry(type, document.body, "dataTransfer", [])).toBe(true);
    expect(requests).toEqual([]);
  });

  test("a page without a form takes nothing", () => {
    draw("<main></main>");

    expect(carry("drop", document.body, "dataTransfer", [picture()])).toBe(true);
  });
});
