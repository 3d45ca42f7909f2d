// Puts the page together: ?api=ADDRESS says where the API is.

import { IdeaPool, SessionEnded } from "./api.js";
import { busy } from "./busy.js";
import { createDoor } from "./door.js";
import { createPool } from "./pool.js";
import { tabStore } from "./session.js";

// Only a page for trying things out takes this from its address: whoever sends
// you a link to it would choose where your password goes.
const base = new URLSearchParams(location.search).get("api") ?? "http://localhost:4100";

const header = document.querySelector("header");
const who = document.getElementById("who");
const logOut = document.getElementById("log-out");

const api = new IdeaPool(base, tabStore(`idea-pool ${base}`));
const door = createDoor(api, enter);
const pool = createPool(api);
let user; // the e-mail of whoever was in last

document.getElementById("api").textContent = base;
api.addEventListener("ended", ({ detail }) => leave(detail.message));
logOut.addEventListener("click", async () => {
  if (header.ariaBusy) return;
  let why = "You have logged out.";
  try {
    await busy(header, api.logOut());
  } catch (error) {
    if (!(error instanceof SessionEnded)) why = `You have logged out here, but the server does not know: ${error.message}`;
  }
  leave(why);
  pool.forget();
});

/** @param {string} [email] of whoever has come in; not told on a reload */
function enter(email) {
  if (email && email !== user) pool.forget(); // somebody else's
  user = email;
  logOut.hidden = false;
  pool.open();
  api.me().then((me) => {
    user = me.email;
    who.textContent = me.name;
  }, () => {}); // one can work without seeing one's name
}

function leave(why) {
  logOut.hidden = true;
  who.textContent = "";
  pool.close();
  door.open(why);
}

if (api.signedIn) enter();
else door.open();
