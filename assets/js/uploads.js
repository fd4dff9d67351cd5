// Files for the composer: chosen, dropped or pasted, then uploaded by this module and attached by the server.

import { isSomebodyElse } from "./account.js";
import { complain } from "./composer.js";
import { on, one } from "./dom.js";
import { failure } from "./failure.js";

window.studio = { uploaded: null }; // the API's last answer: the event behind [data-attach] takes it from here

const KINDS = { image: "a PNG, JPEG or WebP image", video: "an MP4 video", audio: "an MP3 or WAV sound" };
const LARGEST = { image: 20, video: 50, audio: 15 }; // MB
const MB = 1024 * 1024;

let running; // the upload that is under way: where only one file is taken, another one takes its place
const waiting = []; // those that follow

// Take some files as far as the chosen model does; say of every other one that it is not taken.
function take(form, files) {
  if (isSomebodyElse()) return;
  const most = Number(one("[data-file]", form)?.dataset.most ?? 1);
  const fitting = files.filter((file) => !refusal(form, file));
  const taken = fitting.slice(0, most);
  const others = files.filter((file) => !taken.includes(file));
  const many = most === 1 ? "only one file can be added." : `only ${most} files can be added.`;
  const reasons = others.map((file) => {
    const reason = refusal(form, file) || many;
    return files.length > 1 ? `“${file.name}” was not added: ${reason}` : reason;
  });
  complain(form, reasons.join(" "));
  if (!taken.length) return;
  if (most === 1) {
    running?.abort();
    running = undefined;
    waiting.length = 0;
  }
  waiting.push(...taken);
  if (!running) upload(form, waiting.shift());
}

function upload(form, file) {
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
    if (waiting.length) upload(form, waiting.shift());
  };
  request.open("POST", "/api/uploads");
  request.responseType = "json";
  request.send(body);
}

// Say why a file is not taken; nothing when it is. One without a type may be anything: the server looks at its bytes.
function refusal(form, file) {
  const accepted = Object.keys(KINDS).filter((kind) =>
    (one("[data-file]", form)?.accept ?? "").includes(`${kind}/`),
  );
  if (!accepted.length) return "The chosen model takes no files.";
  const kind = file.type.split("/")[0];
  if (kind && !accepted.includes(kind))
    return `The file has to be ${accepted.map((each) => KINDS[each]).join(" or ")}.`;
  const largest = LARGEST[kind] ?? LARGEST[accepted.at(-1)];
  if (file.size > largest * MB)
    return `The file has ${Math.round(file.size / MB)} MB; the limit is ${largest} MB.`;
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
