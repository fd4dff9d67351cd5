// The reference picture: chosen, dropped or pasted, then uploaded by this module and attached by the server.

import { complain } from "./composer.js";
import { on, one } from "./dom.js";

window.studio = { uploaded: null }; // the API's last answer: the event behind [data-attach] takes it from here

const LARGEST = 20 * 1024 * 1024; // bytes
const FORMATS = /^image\/(png|jpeg|webp)$/;

function upload(form, file) {
  const wrong = refusal(file);
  complain(form, wrong);
  if (wrong) return;
  const body = new FormData();
  body.append("file", file);
  const request = new XMLHttpRequest(); // fetch does not say how far it has got
  form.dataset.uploading = "";
  request.upload.onprogress = (event) =>
    form.style.setProperty("--uploaded", (100 * event.loaded) / event.total);
  request.onloadend = () => {
    delete form.dataset.uploading;
    form.style.removeProperty("--uploaded");
    const answer = request.response;
    if (request.status >= 200 && request.status < 300 && answer) {
      window.studio.uploaded = answer;
      one("[data-attach]", form).click();
    } else {
      complain(
        form,
        answer?.error?.message ?? "The image did not arrive. Check the connection and add it again.",
      );
    }
  };
  request.open("POST", "/api/references");
  request.responseType = "json";
  request.send(body);
}

// Say why a file is not taken; nothing when it is.
function refusal(file) {
  if (!FORMATS.test(file.type)) return "The image has to be a PNG, JPEG or WebP file.";
  if (file.size > LARGEST)
    return `The image has ${Math.round(file.size / 1024 / 1024)} MB; the limit is 20 MB.`;
  return "";
}

on("change", "[data-file]", (input) => {
  if (input.files[0]) upload(input.form, input.files[0]);
  input.value = ""; // the same file again is a change, too
});

on("paste", "[data-draft]", (box, event) => {
  const [file] = event.clipboardData.files;
  if (!file) return;
  event.preventDefault();
  upload(box.form, file);
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
  upload(form, event.dataTransfer.files[0]);
});
