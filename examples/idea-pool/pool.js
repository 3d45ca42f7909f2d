// The list of ideas, a page at a time.

import { PAGE_SIZE, SessionEnded } from "./api.js";
import { busy } from "./busy.js";
import { createEditor, createRemover } from "./dialogs.js";

const pool = document.getElementById("pool");
const title = document.getElementById("pool-title");
const add = document.getElementById("add");
const done = document.getElementById("done");
const list = document.getElementById("list");
const [failure, items, none, pages, pageNumber] = [".failure", "ol", ".none", "nav", ".page"].map((part) => list.querySelector(part));
const [previous, next] = pages.querySelectorAll("button");
const template = document.getElementById("idea");

/** @param {import("./api.js").IdeaPool} api */
export function createPool(api) {
  let page = 1;
  let asked = 0; // so that only the answer asked for last is shown

  const edit = createEditor(api, (idea, what) => changed(what, idea));
  const remove = createRemover(api, () => changed("Deleted."));
  const act = { edit, delete: remove };

  previous.addEventListener("click", () => go(page - 1));
  next.addEventListener("click", () => go(page + 1));
  add.addEventListener("click", () => edit());

  async function changed(what, idea) {
    done.textContent = what;
    if (await show(page)) focusOn(idea);
  }

  async function go(to) {
    if (list.ariaBusy) return;
    done.textContent = "";
    if (await show(to)) title.focus();
  }

  /** Shows a page, or what kept it from being shown; reports whether it did. */
  async function show(to) {
    const ask = ++asked;
    failure.replaceChildren();
    try {
      const ideas = await busy(list, api.ideas(to));
      if (ask !== asked) return false;
      page = to;
      render(ideas);
      return true;
    } catch (error) {
      if (ask === asked && !(error instanceof SessionEnded)) fail(error, to);
      return false;
    }
  }

  function render(ideas) {
    items.start = (page - 1) * PAGE_SIZE + 1;
    items.replaceChildren(...ideas.map((idea) => item(idea, act)));
    none.hidden = ideas.length > 0;
    none.textContent = page === 1 ? "No ideas yet. What is yours?" : "There are no more.";
    pages.hidden = page === 1 && ideas.length < PAGE_SIZE;
    pageNumber.textContent = `Page ${page}`;
    previous.disabled = page === 1;
    next.disabled = ideas.length < PAGE_SIZE; // the API does not tell how many there are
  }

  function fail(error, to) {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => go(to));
    failure.replaceChildren(error.message + " ", again);
  }

  return {
    open() {
      pool.hidden = false;
      go(page);
      edit.resume();
    },
    close() {
      asked++;
      pool.hidden = true;
      edit.close();
      remove.close();
      items.replaceChildren();
      done.textContent = "";
    },
    /** Forgets where the user was and what they were writing. */
    forget() {
      page = 1;
      edit.forget();
    },
  };
}

function item(idea, act) {
  const li = template.content.firstElementChild.cloneNode(true);
  li.dataset.id = idea.id;
  li.querySelector(".content").textContent = idea.content;
  li.querySelector(".average b").textContent = idea.average_score.toFixed(1);
  [idea.impact, idea.ease, idea.confidence].forEach((score, i) => { li.querySelectorAll("dd")[i].textContent = score; });
  for (const button of li.querySelectorAll("[data-do]")) {
    button.ariaLabel = `${button.textContent}: ${idea.content}`;
    button.addEventListener("click", () => act[button.dataset.do](idea));
  }
  return li;
}

/** The list is made anew, so the button that had the focus is gone. */
function focusOn(idea) {
  const button = idea && items.querySelector(`[data-id="${CSS.escape(idea.id)}"] button`);
  (button ?? title).focus();
}
