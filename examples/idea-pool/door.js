// The way in: logging in, and creating an account.

import { onSubmit } from "./busy.js";

const door = document.getElementById("door");
const title = document.getElementById("door-title");
const reason = door.querySelector(".reason");
const forms = { "log-in": document.getElementById("log-in"), "sign-up": document.getElementById("sign-up") };
const titles = { "log-in": "Log in", "sign-up": "Create an account" };

/**
 * @param {import("./api.js").IdeaPool} api
 * @param {(email: string) => void} enter is called once somebody is signed in
 */
export function createDoor(api, enter) {
  const through = (ask) => async (fields) => {
    await ask(fields);
    close();
    enter(fields.email);
  };
  onSubmit(forms["log-in"], through((fields) => api.logIn(fields)));
  onSubmit(forms["sign-up"], through((fields) => api.signUp(fields)));
  for (const link of door.querySelectorAll("[data-to]")) link.addEventListener("click", () => turn(link.dataset.to));
  return { open };
}

/** Shows the log-in form, and why it is there. */
function open(why = "") {
  door.hidden = false;
  turn("log-in");
  reason.textContent = why;
}

function close() {
  door.hidden = true;
  for (const form of Object.values(forms)) form.password.value = "";
}

function turn(to) {
  const from = Object.values(forms).find((form) => !form.hidden);
  const email = from.email.value;
  for (const [name, form] of Object.entries(forms)) {
    form.hidden = name !== to;
    form.querySelector(".failure").textContent = "";
  }
  title.textContent = titles[to];
  reason.textContent = "";
  const form = forms[to];
  form.email.value = email;
  [...form.elements].find((field) => field.value === "").focus();
}
