// Log-in and sign-up: what the API's answer says in the address, what was typed before, and the password.

import { all, on, one } from "./dom.js";
import { whenShown } from "./page.js";

const TYPED = "sign-in"; // in this tab, until the form is shown again: addresses are kept in logs and histories

const LINK = "link"; // in this tab: what the link said that led here
const FIELDS = {
  invalid_email: "email",
  email_taken: "email",
  invalid_name: "display_name",
  setup_code_required: "setup_code",
  wrong_code: "code",
}; // what is to be mended

// The token of an invitation or of a reset link stands behind a #, which browsers send to nobody. It leaves the
// address at once, before anything else reads it, and histories with it.
function takeLink() {
  const said = new URLSearchParams(location.hash.slice(1));
  const name = ["invitation", "token"].find((each) => said.has(each));
  if (!name) return;
  sessionStorage.setItem(LINK, JSON.stringify({ [name]: said.get(name) }));
  history.replaceState(history.state, "", location.pathname + location.search);
}
takeLink();
addEventListener("hashchange", () => {
  takeLink();
  for (const form of all("[data-sign-in]")) fillLink(form);
});

function fillLink(form) {
  const said = JSON.parse(sessionStorage.getItem(LINK) ?? "{}");
  for (const box of all("[data-link]", form)) box.value = said[box.name] ?? "";
}

const HERE = /^(localhost|127(\.\d+){3}|\[::1\])$/; // the studio's own machine: no code is asked for

function refuse(form, error) {
  const folded = form.closest("details");
  if (folded) folded.open = true;
  const known = all("[data-code]", form).find((line) => line.dataset.code === error);
  (known ?? one('[data-code=""]', form)).hidden = false;
  (form.elements[FIELDS[error] ?? "password"] ?? form.elements.code).focus();
}

function fill(form) {
  const asked = new URLSearchParams(location.search);
  const error = asked.get("error");
  fillLink(form);
  const code = one("[data-setup-code]", form);
  if (code) code.hidden = HERE.test(location.hostname) && error !== "setup_code_required";
  if (error !== null) refuse(form, error);
  else if (document.activeElement === document.body) one("input:not([type=hidden])", form).focus();
  const next = asked.get("next") ?? "";
  if (form.elements.next) form.elements.next.value = /^\/(?![/\\])/.test(next) ? next : ""; // only paths of our own: no open redirect
  const typed = error === null ? {} : JSON.parse(sessionStorage.getItem(TYPED) ?? "{}");
  sessionStorage.removeItem(TYPED);
  for (const [name, value] of Object.entries(typed)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
}

whenShown("[data-sign-in]", fill);

// Where the studio's own address is https, it keeps no cookie on a page without: that is said before a form is sent.
async function compare(notice) {
  if (location.protocol === "https:") return;
  const asked = await fetch("/.well-known/security.txt").catch(() => null); // says what the address is
  const [, address] = /^Canonical: (https:\/\/[^/\s]+)/m.exec((await asked?.text()) ?? "") ?? [];
  if (!address) return;
  const link = one("a", notice);
  link.href = address + location.pathname + location.search;
  link.textContent = address;
  notice.hidden = false;
}
whenShown("[data-insecure]", compare);

on("submit", "[data-sign-in]", (form) => {
  const { display_name: name, email } = form.elements;
  if (!email) return; // a reset link asks for a password alone, the second step for a code
  if (name && !name.value.trim()) [name.value] = email.value.split("@");
  sessionStorage.setItem(TYPED, JSON.stringify({ display_name: name?.value, email: email.value }));
});
// What the browser itself posts goes out once: a second click is answered as the first.
on("submit", "form[action]", (form, event) => {
  if ("pending" in form.dataset) event.preventDefault();
  form.dataset.pending = "";
});
addEventListener("pageshow", () => {
  for (const form of all("form[action]")) delete form.dataset.pending; // back from where it led
});

on("click", "[data-reveal]", (button) => {
  const input = one("input", button.parentElement);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  input.focus();
});

on("input", ".password input", (input) => {
  const output = one("[data-password-count]", input.closest(".password"));
  if (!output) return;
  const least = Number(output.dataset.passwordCount);
  const length = [...input.value.normalize("NFC")].length;
  output.textContent = length ? `${length} / ${least}` : "";
  output.dataset.enough = String(length >= least);
});
