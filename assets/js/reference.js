// The reference picture: chosen, dropped or pasted, then uploaded by this module and attached by the server.

import { isSomebodyElse } from "./account.js";
import { complain } from "./composer.js";
import { on, one } from "./dom.js";
import { failure } from "./failure.js";

window.studio = { uploaded: null }; // the API's last answer: the event behind [data-attach] takes it from here

const LARGEST = 20 * 1024 * 1024; // bytes
const OTHER = /^(?!image\/)./; // a type that is no picture's; a file without one may be: the server looks at the bytes

let running; // the upload that is under way: another picture takes its place

// Take the first of some files that can be a first frame; say of every other one that it is not taken.
function take(form, files) {
  if (isSomebodyElse()) return;
  const taken = files.find((file) => !refusal(file));
  const others = files.filter((file) => file !== taken);
  const reasons = taken
    ? others.map(({ name }) => `“${name}” was not added: only one image can be the first frame.`)
    : others.map((file) => (others.length > 1 ? `“${file.name}”: ${refusal(file)}` : refusal(file)));
  complain(form, reasons.join(" "));
  if (taken) upload(form, taken);
}

function upload(form, file) {
  running?.abort();
  const body = new FormData();
  body.append("file", file);
  const request = new XMLHttpRequest(); // fetch does not say how far it has got
  running = request;
  form.dataset.uploading = "";
  request.upload.onprogress = (event) =>
    form.style.setProperty("--uploaded", (100 * event.loaded) / event.total);
  request.onloadend = () => {
    if (running !== request) return;
    running = undefined;
    delete form.dataset.uploading;
    form.style.removeProperty("--uploaded");
    const answer = request.response;
    if (request.status >= 200 && request.status < 300 && answer) {
      window.studio.uploaded = answer;
      one("[data-attach]", form).click();
    } else {
      complain(form, failure(request));
    }
  };
  request.open("POST", "/api/references");
  request.responseType = "json";
  request.send(body);
}

// Say why a file is not taken; nothing when it is.
function refusal(file) {
  if (OTHER.test(file.type)) return "The image has to be a PNG, JPEG or WebP file.";
  if (file.size > LARGEST)
    return `The image has ${Math.round(file.size / 1024 / 1024)} MB; the limit is 20 MB.`;
  return "";
}

on("change", "[data-file]", (input) => {
  if (input.files.length) take(input.form, [...input.files]);
  input.value = ""; // the same file again is a change, too
});

// Text wins over a picture of it: office programs put both into the clipboard.
on("paste", "[data-prompt-box]", (box, event) => {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return;
  event.preventDefault();
  take(box.form, [...files]);
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
let over; // the timer that ends the highlight: dragleave fires between children, too

document.addEventListener("dragover", (event) => {
  const form = one("[data-composer]");
  if (!form || !carriesFiles(event)) return;
  event.preventDefault();
  form.dataset.over = "true";
  clearTimeout(over);
  over = setTimeout(() => delete form.dataset.over, 150);
});
document.addEventListener("drop", (event) => {
  const form = one("[data-composer]");
  if (!form || !carriesFiles(event)) return;
  event.preventDefault();
  delete form.dataset.over;
  take(form, [...event.dataTransfer.files]);
});
