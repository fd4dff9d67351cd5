import { beforeEach, describe, expect, test } from "bun:test";
import "../../assets/js/sign-in.js";
import { all, changes, draw, happen, one, start, submit, type } from "./person.js";

const field = (name) => one(`[name=${name}]`);

async function visit(address) {
  history.replaceState(null, "", address);
  draw(`
    <form method="post" action="/api/auth/login" data-sign-in="">
      <p data-code="credentials" hidden>Wrong.</p><p data-code="throttled" hidden>Wait.</p><p data-code="" hidden>Oh.</p>
      <input name="display_name"><input name="email">
      <div class="password">
        <input name="password" type="password"><button type="button" data-reveal=""></button>
        <output data-password-count="4"></output>
      </div>
      <input type="hidden" name="next">
    </form>`);
  await changes();
}

await start();
beforeEach(() => visit("/signup"));

describe("what the API says in the address", () => {
  const shown = () => all("[data-code]:not([hidden])").map((line) => line.textContent);

  test.each([
    ["/login", []],
    ["/login?error=throttled", ["Wait."]],
    ["/login?error=never-heard", ["Oh."]],
    ["/login?error=", ["Oh."]],
  ])("%s", async (address, sentences) => {
    await visit(address);

    expect(shown()).toEqual(sentences);
  });

  test.each([
    ["email_taken", "email"],
    ["invalid_name", "display_name"],
    ["throttled", "password"],
  ])("leads after %p to %p", async (error, name) => {
    await visit(`/signup?error=${error}`);

    expect(document.activeElement).toBe(field(name));
  });

  test("leads to the first box when nothing was refused, as after a log-out", () => {
    expect(document.activeElement).toBe(field("display_name"));
  });

  test("takes the focus from nobody", async () => {
    draw('<button id="elsewhere"></button>');
    one("#elsewhere").focus();
    const form = document.createElement("form");
    form.dataset.signIn = "";
    form.innerHTML = '<input name="email"><input name="next">';
    document.body.append(form);
    await changes();

    expect(document.activeElement.id).toBe("elsewhere");
  });

  const send = () => {
    field("email").value = "ada@example.com";
    field("display_name").value = "Ada";
    submit(one("form"));
  };

  test("fills in what was typed before, when that was refused", async () => {
    send();
    await visit("/signup?error=throttled");

    expect([field("email").value, field("display_name").value]).toEqual(["ada@example.com", "Ada"]);
  });

  test("forgets what was typed with the next visit", async () => {
    send();
    await visit("/login");
    await visit("/login?error=throttled");

    expect(field("email").value).toBe("");
  });
});

describe("a page without https", () => {
  const show = async (answer) => {
    globalThis.fetch = async (path) => (path === "/.well-known/security.txt" ? answer() : undefined);
    draw('<p data-insecure="" hidden>Open it at <a></a>.</p>');
    await changes();
    await changes();
    return one("[data-insecure]");
  };
  const says = (text) => () => ({ text: async () => text });

  test("says before a form is sent that no cookie is kept, and where to go", async () => {
    await visit("/login?next=%2Flibrary");
    const notice = await show(
      says("Contact: x\nCanonical: https://studio.example/.well-known/security.txt\n"),
    );

    expect([notice.hidden, notice.textContent]).toEqual([false, "Open it at https://studio.example."]);
    expect(one("a", notice).href).toBe("https://studio.example/login?next=%2Flibrary");
  });

  test.each([
    ["the studio's address has none", says("Canonical: http://studio.test/.well-known/security.txt")],
    ["another server answers", says("<html>Not found</html>")],
    ["nobody answers", () => Promise.reject(new TypeError("Failed to fetch"))],
  ])("says nothing when %s", async (_, answer) => {
    expect((await show(answer)).hidden).toBe(true);
  });
});

describe("where to go next", () => {
  test.each([
    ["/video/v1", "/video/v1"],
    ["/library?q=kite", "/library?q=kite"],
    ["https://evil.example", ""],
    ["//evil.example", ""],
    ["/\\evil.example", ""],
    ["javascript:alert(1)", ""],
    ["", ""],
  ])("%p → %p: never to another site", async (next, taken) => {
    await visit(`/login?next=${encodeURIComponent(next)}`);

    expect(field("next").value).toBe(taken);
  });
});

describe("sending", () => {
  const send = (name) => {
    field("email").value = "ada@example.com";
    field("display_name").value = name;
    submit(one("form"));
  };

  test("somebody without a name is called as in their address", () => {
    send("  ");
    expect(field("display_name").value).toBe("ada");
  });

  test("somebody with a name keeps it", () => {
    send("Ada Lovelace");
    expect(field("display_name").value).toBe("Ada Lovelace");
  });

  test("shows that it is under way, until the person comes back", () => {
    send("Ada");
    expect("pending" in one("form").dataset).toBe(true);

    happen(window, new Event("pageshow"));
    expect("pending" in one("form").dataset).toBe(false);
  });

  test("a second click goes nowhere: it is answered as the first", () => {
    expect(submit(one("form"))).toBe(true);
    expect(submit(one("form"))).toBe(false);
  });
});

describe("the password", () => {
  test("is shown and hidden", () => {
    one("[data-reveal]").click();
    expect([field("password").type, one("[data-reveal]").getAttribute("aria-pressed")]).toEqual([
      "text",
      "true",
    ]);

    one("[data-reveal]").click();
    expect([field("password").type, one("[data-reveal]").getAttribute("aria-pressed")]).toEqual([
      "password",
      "false",
    ]);
    expect(document.activeElement).toBe(field("password"));
  });

  test.each([
    ["", "", "false"],
    ["abc", "3 / 4", "false"],
    ["abcd", "4 / 4", "true"],
    ["e\u0301a\u0308o", "3 / 4", "false"], // as the server counts: composed
  ])("is counted: %p", (text, count, enough) => {
    type(field("password"), text);

    expect([one("output").textContent, one("output").dataset.enough]).toEqual([count, enough]);
  });
});

describe("a link that was handed out", () => {
  async function follow(address) {
    history.replaceState(null, "", address);
    draw(`
      <form method="post" action="/api/auth/signup" data-sign-in="">
        <p data-code="" hidden>Oh.</p><input name="password" type="password">
        <div data-setup-code=""><input name="setup_code"></div>
        <input type="hidden" name="invitation" data-link="">
      </form>`);
    dispatchEvent(new Event("hashchange"));
    await changes();
  }

  test("fills its form, and its token leaves the address", async () => {
    await follow("/signup?next=/library#invitation=secret");

    expect(field("invitation").value).toBe("secret");
    expect(location.href).toMatch(/\/signup\?next=\/library$/);
  });

  test("is still known when the form comes back", async () => {
    await follow("/signup?error=weak_password");

    expect(field("invitation").value).toBe("secret");
  });

  test("asks for a set-up code where one is wanted", async () => {
    await follow("/setup?error=setup_code_required");

    expect(one("[data-setup-code]").hidden).toBe(false);
    expect(document.activeElement).toBe(field("setup_code"));
  });
});
