// Log-in and sign-up: what the API's answer says in the address, and the password.

import { all, on, one } from "./dom.js";
import { whenShown } from "./page.js";

function fill(form) {
  const asked = new URLSearchParams(location.search);
  const error = asked.get("error");
  if (error !== null) {
    const known = all("[data-code]", form).find((line) => line.dataset.code === error);
    (known ?? one('[data-code=""]', form)).hidden = false;
  }
  for (const name of ["email", "display_name"]) {
    if (asked.get(name) && form.elements[name]) form.elements[name].value = asked.get(name);
  }
  const next = asked.get("next") ?? "";
  form.elements.next.value = /^\/(?![/\\])/.test(next) ? next : ""; // only paths of our own: no open redirect
}

whenShown("[data-sign-in]", fill);

on("submit", "[data-sign-in]", (form) => {
  const { display_name: name, email } = form.elements;
  if (name && !name.value.trim()) [name.value] = email.value.split("@");
  form.dataset.pending = "";
});
addEventListener("pageshow", () => {
  for (const form of all("[data-sign-in]")) delete form.dataset.pending; // back from where it led
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
