import { h, fill, span, ask } from "./dom.js";
import { patch, doing } from "./api.js";

/** showMoment writes a moment as the header shows it, in UTC. */
export function showMoment(ms) {
  const text = new Date(ms).toISOString();
  return new Date(ms).toDateString() === new Date().toDateString() ? text.slice(11, 19) + " Z" : text.slice(0, 19).replace("T", " ") + " Z";
}

const steps = [["+10 s", "10s"], ["+1 min", "1m"], ["+10 min", "10m"], ["+1 h", "1h"], ["+1 d", "1d"], ["+30 d", "30d"]];
const rates = [["×1", 1], ["×10", 10], ["×60", 60], ["×3600", 3600]];

/** Time is the time machine. */
export class Time {
  constructor(app) {
    this.app = app;
    this.now = h("p.now", "…");
    this.how = h("p.dim");
    this.tools = h("div.stack");
    this.element = h("div.columns",
      h("section.sheet", h("header", h("h2", "The world's time")), this.now, this.how, this.tools),
      h("section.sheet", h("header", h("h2", "What follows it")),
        h("p", "Tokens expire, created_at and updated_at are written, identity providers' codes and sessions end, all by this clock. Each world has its own."),
        h("p.dim", "A browser does not know it: an app that reads exp itself judges by the machine's clock. For that, give tokens a short life under ", h("a", { href: "#users" }, "Users"), "."),
        h("h3", "The same with curl"), h("pre.code", `curl -X PATCH ${new URL("clock", new URL(".", location.href))} -H 'Content-Type: application/json' -d '{"advance":"10m"}'`)));
  }

  show() { return this.update(); }

  update() {
    const c = this.app.status?.clock;
    if (!c) return;
    const set = (change, done) => doing(() => patch("clock", change), done).then(() => this.app.refresh());
    const at = h("input", { type: "datetime-local", step: 1, "aria-label": "Moment, UTC", value: new Date(this.app.now()).toISOString().slice(0, 19) });
    if (this.tools.contains(document.activeElement) && document.activeElement.tagName === "INPUT") return;
    fill(this.tools,
      h("div.steps", steps.map(([title, advance]) => h("button", { onclick: () => set({ advance }, `${title} later`) }, title)),
        h("button", { onclick: async () => { const advance = await ask("Move the clock", "How far: 90s, 10m, -1h, 7d", "10m", "Move"); if (advance) set({ advance }); } }, "…")),
      h("div.row", h("button", { onclick: () => set({ frozen: !c.frozen }, c.frozen ? "It runs" : "It stands still") }, c.frozen ? "▶ Let it run" : "❄ Freeze"),
        h("span.choice", { role: "group", "aria-label": "How fast" }, rates.map(([title, rate]) => h("button", { "aria-pressed": String(c.rate === rate), onclick: () => set({ rate }, `${title}`) }, title))),
        h("button", { disabled: !c.moved, onclick: () => set({ follow: true }, "The machine's time again") }, "Back to the machine's time")),
      h("form.row", { onsubmit: (e) => { e.preventDefault(); set({ set: at.value + (at.value.length === 16 ? ":00Z" : "Z") }, "Set"); } }, h("label.row.small", "Set to, in UTC", at), h("button", "Set")));
    this.tick();
  }

  tick() {
    const c = this.app.status?.clock;
    if (!c) return;
    const [day, time] = new Date(this.app.now()).toISOString().split("T");
    fill(this.now, time.slice(0, 8), h("small", day + " UTC"));
    const ahead = (this.app.now() - Date.now()) / 1000;
    this.how.textContent = !c.moved ? "It is the machine's time." : [c.frozen ? "It stands still" : c.rate === 1 ? "It runs" : `It runs ${c.rate} times as fast`, Math.abs(ahead) < 1 ? "" : `${span(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} the machine's`].filter(Boolean).join(", ") + ".";
  }

  key(key) {
    if (key !== "t") return false;
    doing(() => patch("clock", { advance: "10m" }), "+10 min later").then(() => this.app.refresh());
    return true;
  }
}
