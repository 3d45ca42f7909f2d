import { ask, toast } from "./dom.js";

// The control API stands beside this page, whatever path that is.
const base = new URL(".", location.href);

let token = sessionStorage.getItem("assay-token") ?? "";
const given = /^#token=(.+)$/.exec(location.hash);
if (given) {
  token = decodeURIComponent(given[1]);
  sessionStorage.setItem("assay-token", token);
  history.replaceState(null, "", location.pathname);
}

/** world is the one that the page shows; the server decides when it is empty. */
export const world = { name: sessionStorage.getItem("assay-world") ?? "" };

export function chooseWorld(name) {
  world.name = name;
  sessionStorage.setItem("assay-world", name);
}

/** headers of a request to the control API. */
export function headers(extra = {}) {
  const all = { ...extra };
  if (token) all.Authorization = "Bearer " + token;
  if (world.name) all["X-Assay-World"] = world.name;
  return all;
}

export const address = (path) => new URL(path, base);

let asking = null;

/** call asks the control API; what goes wrong is thrown with its words. */
export async function call(method, path, body, again = true) {
  const options = { method, headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }) };
  if (body !== undefined) options.body = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(address(path), options);
  if (response.status === 401 && again && await newToken()) return call(method, path, body, false);
  const text = await response.text();
  if (!response.ok) throw new Error(told(text) || `${response.status} ${response.statusText}`);
  if (response.headers.get("Content-Type")?.startsWith("application/json")) return JSON.parse(text);
  return text;
}

/** told words a problem (RFC 9457). */
function told(text) {
  try {
    const p = JSON.parse(text);
    const errors = (p.errors ?? []).map((e) => `${e.pointer || e.in}: ${e.detail}`).join("; ");
    return [p.detail || p.title, errors, p.hint].filter(Boolean).join(" — ");
  } catch { return text.slice(0, 300); }
}

/** newToken asks the person for the token, once for all who need it. */
async function newToken() {
  asking ??= ask("This mock asks for a token", "The token that was printed when the mock started", "", "Use it").then((t) => {
    asking = null;
    if (!t) return false;
    token = t;
    sessionStorage.setItem("assay-token", token);
    return true;
  });
  return asking;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const del = (path) => call("DELETE", path);

/** doing runs an action and tells what went wrong; it reports whether nothing did. */
export async function doing(action, done) {
  try {
    await action();
    if (done) toast(done);
    return true;
  } catch (err) {
    toast(err.message, true);
    return false;
  }
}

/** follow reads server-sent events as long as it can, and begins again after a break. */
export async function follow(path, after, on, state, signal) {
  let last = after;
  for (let pause = 300; !signal.aborted; pause = Math.min(pause * 2, 5000)) {
    try {
      const response = await fetch(address(`${path}?after=${last}`), { headers: headers(), signal });
      if (!response.ok) throw new Error(response.status);
      state(true);
      pause = 300;
      for await (const [id, data] of events(response.body)) {
        last = id;
        on(data);
      }
    } catch { /* it begins again */ }
    if (signal.aborted) return;
    state(false);
    await new Promise((r) => setTimeout(r, pause));
  }
}

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
      const block = rest.slice(0, end);
      const id = /^id: (\d+)$/m.exec(block), data = /^data: (.*)$/m.exec(block);
      if (id && data) yield [Number(id[1]), JSON.parse(data[1])];
    }
  }
}
