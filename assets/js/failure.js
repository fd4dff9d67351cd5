// What an upload that failed says: the API's own words, or else words for the status of whoever stands before it.

const SENTENCES = {
  0: "The image did not arrive. Check the connection and add it again.",
  401: "You are no longer logged in. Log in again, then add the image once more.",
  403: "The server in front of the studio refused the image. Tell the person who runs the studio.",
  408: "The image took too long to arrive. Check the connection and add it again.",
  413: "The image is larger than the server in front of the studio lets through. Choose a smaller one.",
  429: "Too many images at a time. Wait a moment, then add it again.",
};
const AWAY = "The studio cannot be reached right now. Wait a moment, then add the image again."; // 502, 503, 504

export function failure({ status, response }) {
  const known = response?.error?.message ?? SENTENCES[status];
  if (known) return known;
  if (status > 501 && status < 505) return AWAY;
  return `The image did not arrive: the server answered with ${status}. Add it again.`;
}
