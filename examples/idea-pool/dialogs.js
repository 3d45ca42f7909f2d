// The dialogs in which an idea is written and deleted.

import { SessionEnded } from "./api.js";
import { onSubmit } from "./busy.js";

/**
 * @param {import("./api.js").IdeaPool} api
 * @param {(idea: object, what: string) => void} saved
 * @returns a function that opens the dialog, for an idea or for a new one
 */
export function createEditor(api, saved) {
  const { dialog, form, work } = prepare("editor");
  const title = document.getElementById("editor-title");
  let edited; // undefined for a new one
  let draft = false; // what was being written when the session ended

  work(async ({ content, ...scores }) => {
    const idea = { content, impact: Number(scores.impact), ease: Number(scores.ease), confidence: Number(scores.confidence) };
    const answer = await (edited ? api.changeIdea(edited.id, idea) : api.addIdea(idea));
    return () => saved(answer, `Saved, with an average of ${answer.average_score.toFixed(1)}.`);
  });

  function open(idea) {
    edited = idea;
    draft = false;
    title.textContent = idea ? "Edit the idea" : "New idea";
    for (const field of ["content", "impact", "ease", "confidence"]) form[field].value = idea?.[field] ?? (field === "content" ? "" : 5);
    dialog.showModal();
    form.content.focus();
  }
  return Object.assign(open, {
    close() {
      draft = dialog.open;
      dialog.close();
    },
    resume() { if (draft) dialog.showModal(); },
    forget() { draft = false; },
  });
}

/**
 * @param {import("./api.js").IdeaPool} api
 * @param {() => void} removed
 * @returns a function that asks whether an idea is to be deleted
 */
export function createRemover(api, removed) {
  const { dialog, form, work } = prepare("remover");
  let doomed;

  work(async () => {
    await api.deleteIdea(doomed.id);
    return removed;
  });

  function open(idea) {
    doomed = idea;
    form.querySelector("blockquote").textContent = idea.content;
    dialog.showModal();
  }
  return Object.assign(open, { close: () => dialog.close() });
}

/** What the dialogs share: the way out, and that they close once their work is done. */
function prepare(id) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  form.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { form.querySelector(".failure").textContent = ""; });

  /** @param {(fields: Record<string, string>) => Promise<() => void>} task what it returns is called behind the closed dialog */
  function work(task) {
    onSubmit(form, async (fields) => {
      let then;
      try {
        then = await task(fields);
      } catch (error) {
        if (error instanceof SessionEnded) return; // the page has gone to the door
        throw error;
      }
      dialog.close();
      then();
    });
  }
  return { dialog, form, work };
}
