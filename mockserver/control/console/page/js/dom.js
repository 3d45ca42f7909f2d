// Small helpers to build the page. Text always goes in as text, never as HTML:
// what the journal shows comes from anybody.

/** h makes an element: h("p.dim", {onclick}, "text", child). */
export function h(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const el = document.createElement(tag || "div");
  if (classes.length) el.className = classes.join(" ");
  for (const part of rest.flat(Infinity)) {
    if (part == null || part === false) continue;
    if (part instanceof Node) el.append(part);
    else if (typeof part === "object") set(el, part);
    else el.append(String(part));
  }
  return el;
}

function set(el, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") el[name] = value;
    else el.setAttribute(name, value === true ? "" : value);
  }
}

/** table is a table whose rows fold on a phone: each cell then says what it is. */
export function table(heads, rows) {
  return h("div.scroll", h("table.folds", h("thead", h("tr", heads.map((t) => h("th", t)))), h("tbody", rows.map((row) => {
    [...row.children].forEach((cell, i) => { if (heads[i] && i > 0) cell.dataset.label = heads[i]; });
    return row;
  }))));
}

/** fill replaces what an element holds. */
export function fill(el, ...children) {
  el.replaceChildren(...children.flat(Infinity).filter((c) => c != null && c !== false));
  return el;
}

export const $ = (selector, from = document) => from.querySelector(selector);

/** toast tells something in passing. */
export function toast(text, bad = false) {
  const el = h("div.toast", text);
  if (bad) el.classList.add("bad");
  $("#toasts").append(el);
  setTimeout(() => el.remove(), bad ? 8000 : 2600);
}

/** copy puts a text on the clipboard. */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a page that is neither HTTPS nor on localhost has no clipboard
    const area = h("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(what);
}

/** dialog shows a modal one and resolves when it is closed. */
export function dialog(title, body, ...actions) {
  const box = h("dialog", { "aria-label": title },
    h("header", h("h2.grow", title), h("button.icon", { "aria-label": "Close", onclick: () => box.close() }, "✕")),
    body,
    actions.length ? h("footer", actions) : null);
  document.body.append(box);
  box.addEventListener("click", (e) => { if (e.target === box) box.close(); });
  box.showModal();
  return new Promise((done) => box.addEventListener("close", () => { const value = box.returnValue; box.remove(); done(value); }));
}

/** ask asks for one text; null when the person thinks better of it. */
export async function ask(title, label, value = "", button = "OK") {
  const input = h("input", { value, autocomplete: "off", spellcheck: "false", "aria-label": label });
  const form = h("form", { method: "dialog", onsubmit: () => { form.closest("dialog").returnValue = "ok"; } },
    h("label.field", label, input),
    h("footer", h("button.main", { value: "ok" }, button)));
  const answer = dialog(title, form);
  input.select();
  return (await answer) === "ok" ? input.value.trim() : null;
}

/** sure asks before something is lost. */
export async function sure(title, text, button) {
  const form = h("form", { method: "dialog" }, h("p", text),
    h("footer", h("button", { value: "" }, "Cancel"), h("button.bad", { value: "ok", autofocus: true }, button)));
  return (await dialog(title, form)) === "ok";
}

/** span words a number of seconds: 9 m 58 s. */
export function span(seconds) {
  const sign = seconds < 0 ? "−" : "";
  let s = Math.abs(seconds);
  if (s < 10) return sign + s.toFixed(1).replace(/\.0$/, "") + " s";
  s = Math.round(s);
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  const out = [];
  for (const [size, unit] of parts) {
    if (s >= size && out.length < 2) { out.push(Math.floor(s / size) + " " + unit); s %= size; } else if (out.length) break;
  }
  return sign + (out.join(" ") || "0 s");
}

export const took = (ns) => ns < 1e6 ? `${Math.max(ns / 1e3, 1).toFixed(0)} µs` : ns < 1e9 ? `${(ns / 1e6).toFixed(ns < 1e7 ? 1 : 0)} ms` : `${(ns / 1e9).toFixed(1)} s`;

/** plural counts: 1 record, 2 records. */
export const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
