// What only the browser can do. The server draws the pages; these modules find their elements by data-* attributes,
// never draw inside what React owns (except in the elements that pages leave empty for them), and call nobody but us.
// `bun build` makes one file of them. Listeners hear an event in the order of these lines.

import "./storage.js";
import "./account.js";
import "./steady.js";
import "./drafts.js";
import "./idempotency.js";
import "./prompt.js";
import "./composer.js";
import "./uploads.js";
import "./menu.js";
import "./tiles.js";
import "./select.js";
import "./grid.js";
import "./sign-in.js";
import "./controls.js";
import "./keyboard.js";
import "./focus.js";
import "./times.js";
import "./query.js";
import { start } from "./page.js";

start();
