import { $, h, fill, dialog, toast } from "./dom.js";
import { get, follow, world, chooseWorld } from "./api.js";
import { Requests } from "./requests.js";
import { State } from "./state.js";
import { Users } from "./users.js";
import { Time, showMoment } from "./time.js";
import { Faults } from "./faults.js";
import { Worlds } from "./worlds.js";
import { Docs } from "./docs.js";

/** app is what the views share. */
const app = {
  status: null,
  entries: [],
  refresh,
  switchWorld,
  /** now is the world's time in milliseconds, run on from what the mock said last. */
  now() {
    if (!this.status) return Date.now();
    const c = this.status.clock;
    return Date.parse(c.now) + (performance.now() - this.heard) * c.rate;
  },
};

const views = {
  requests: ["Requests", new Requests(app)],
  state: ["State", new State(app)],
  users: ["Users", new Users(app)],
  time: ["Time", new Time(app)],
  faults: ["Faults", new Faults(app)],
  worlds: ["Worlds", new Worlds(app)],
  api: ["API", new Docs(app)],
};
let shown = null;

/** show opens a view: the hash of the address names it, and what it is to show. */
function show() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const key = views[name] ? name : "requests";
  const [title, view] = views[key];
  document.title = `${title} · ${app.status?.contract.title ?? "Assay"}`;
  for (const a of $("#tabs").children) {
    if (a.dataset.view === key) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  }
  const main = $("#main");
  if (shown !== view) {
    shown?.hide?.();
    main.className = view.wide ? "wide" : "";
    fill(main, view.element);
    shown = view;
  }
  view.show(rest.map(decodeURIComponent));
}

/** tabs draws the row of views, with what each holds. */
function tabs() {
  const s = app.status;
  const counts = s ? { requests: 0, state: s.records, users: s.users, faults: s.faults, worlds: s.worlds } : {};
  fill($("#tabs"), Object.entries(views).map(([key, [title]]) => h("a", { href: "#" + key, "data-view": key },
    title, counts[key] ? h(key === "faults" ? "span.n.hot" : "span.n", counts[key].toLocaleString("en")) : null)));
  const at = location.hash.slice(1).split("/")[0];
  $(`#tabs [data-view="${views[at] ? at : "requests"}"]`)?.setAttribute("aria-current", "page");
}

/** refresh asks how the mock is, and lets the view that is shown ask for its own. */
async function refresh(also = true) {
  try {
    app.status = await get("status");
  } catch (err) {
    if (world.name && world.name !== "default") return switchWorld("default"); // it is gone
    fault("The mock does not answer", err.message);
    return;
  }
  app.heard = performance.now();
  const c = app.status.contract;
  $("#title").textContent = c.title;
  $("#file").textContent = c.file + (c.watched ? " · edits are served" : "");
  fault(c.fault ? "The last edit of the contract is not served; what was there before still is" : "", c.fault);
  tabs();
  tick();
  await drawWorlds();
  if (also) shown?.update?.();
}

function fault(title, text) {
  const el = $("#fault");
  el.hidden = !title;
  if (title) fill(el, h("strong", title), text ? "\n" + text : "");
}

async function drawWorlds() {
  const { worlds } = await get("worlds");
  const select = $("#world");
  if (document.activeElement === select) return;
  const names = worlds.map((w) => w.name);
  if (!names.includes(app.status.world)) names.push(app.status.world);
  fill(select, names.map((n) => h("option", { value: n, selected: n === app.status.world }, n)));
}

/** switchWorld lets the whole page be about another world. */
function switchWorld(name) {
  chooseWorld(name);
  if (location.pathname.includes("/_assay/worlds/")) { // this page's path names another
    location.href = "/_assay/";
    return;
  }
  app.entries = [];
  listen();
  refresh();
}

/** tick shows the world's time between what the mock says. */
function tick() {
  if (!app.status) return;
  const c = app.status.clock, pill = $("#clock");
  const how = c.frozen ? " ❄" : c.rate !== 1 ? ` ×${c.rate}` : "";
  pill.textContent = showMoment(app.now()) + how;
  pill.classList.toggle("moved", c.moved);
  shown?.tick?.();
}

let listening = null;

/** listen follows the journal of the world that is shown. */
function listen() {
  listening?.abort();
  listening = new AbortController();
  const { signal } = listening;
  const requests = views.requests[1];
  requests.clear();
  let changed = 0;
  follow("journal/stream", 0, (entry) => {
    if (signal.aborted) return;
    requests.add(entry);
    if (entry.method !== "GET" && !changed) changed = setTimeout(() => { changed = 0; refresh(); }, 400);
  }, (on) => {
    $("#live").classList.toggle("on", on);
    $("#live span").textContent = on ? "live" : "waiting";
    if (on && app.status === null) refresh();
  }, signal);
}

const keys = [["1 – 7", "the views"], ["/", "filter"], ["j, k", "next, previous"], ["Enter", "open"], ["c", "copy as curl"], ["Esc", "back"], ["t", "ten minutes ahead (Time)"], ["?", "this"]];

function keyboard(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog")) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  const names = Object.keys(views);
  if (e.key >= "1" && e.key <= String(names.length)) location.hash = names[e.key - 1];
  else if (e.key === "?") help();
  else if (!shown?.key?.(e.key)) return;
  e.preventDefault();
}

function help() {
  dialog("Keyboard", h("dl.keys", keys.flatMap(([k, what]) => [h("dt", h("kbd", k)), h("dd", what)])));
}

function theme() {
  const root = document.documentElement;
  const dark = (root.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.style.colorScheme = dark ? "light" : "dark";
  localStorage.setItem("assay-theme", root.style.colorScheme);
  views.api[1].theme(root.style.colorScheme);
}

document.documentElement.style.colorScheme = localStorage.getItem("assay-theme") ?? "";
$("#theme").addEventListener("click", theme);
$("#help").addEventListener("click", help);
$("#world").addEventListener("change", (e) => { switchWorld(e.target.value); e.target.blur(); });
addEventListener("hashchange", show);
addEventListener("keydown", keyboard);
addEventListener("unhandledrejection", (e) => toast(String(e.reason?.message ?? e.reason), true));
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(tick, 250);
setInterval(() => { if (!document.hidden && !document.querySelector("dialog")) refresh(false); }, 2500);

tabs();
show();
await refresh();
if (!world.name && app.status) world.name = app.status.world;
show();
listen();
