// Shows that something is under way, and says so when it takes long.

/** After so many milliseconds an answer counts as slow. */
const SLOW = 700;

/**
 * Waits for work. Meanwhile the region is marked as busy, and after a while
 * its line for it says so.
 *
 * @template T
 * @param {Element} region what the user waits for
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
export async function busy(region, work) {
  const line = region.querySelector(".waiting");
  const timer = setTimeout(() => { line.textContent = "Still waiting for the server…"; }, SLOW);
  region.ariaBusy = "true";
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    line.textContent = "";
    region.ariaBusy = null;
  }
}

/**
 * Lets a form do its work on submit: once at a time, with what fails shown in
 * the form and what was typed left as it is, so that the button tries again.
 *
 * @param {HTMLFormElement} form
 * @param {(fields: Record<string, string>) => Promise<void>} work
 */
export function onSubmit(form, work) {
  const failure = form.querySelector(".failure");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy) return;
    failure.textContent = "";
    try {
      await busy(form, work(Object.fromEntries(new FormData(form))));
    } catch (error) {
      failure.textContent = error.message;
    }
  });
}
