import { h, fill, table, ask, sure, plural, span } from "./dom.js";
import { get, post, del, doing } from "./api.js";

/** Worlds shows the worlds and snapshots, and makes them. */
export class Worlds {
  constructor(app) {
    this.app = app;
    this.element = h("div.stack");
  }

  show() { return this.update(); }

  async update() {
    const [all, snapshots] = await Promise.all([get("worlds"), get("snapshots")]);
    fill(this.element, this.worlds(all), this.snapshots(snapshots), this.how());
  }

  worlds({ worlds, limit, idle, unknown }) {
    const here = this.app.status?.world;
    const shown = worlds.slice(0, 500);
    return h("section.sheet", h("header", h("h2.grow", "Worlds ", h("span.dim", `${worlds.length.toLocaleString("en")} of ${(limit + 1).toLocaleString("en")}`)), h("button", { onclick: () => this.create({}) }, "New…")),
      table(["name", "from", "records", "users", "used", ""],
        shown.map((w) => h("tr", { "aria-selected": String(w.name === here) }, h("td.cell", w.name === here ? h("b", w.name) : w.name), h("td.cell.dim", w.from), h("td.num", w.records.toLocaleString("en")), h("td.num", w.users.toLocaleString("en")), h("td.dim", ago(w.used)),
          h("td.acts", w.name === here ? h("span.dim.small", "shown ") : h("button.small", { onclick: () => this.app.switchWorld(w.name) }, "Show"), h("button.small", { onclick: () => this.create({ from: w.name }) }, "Fork…"),
            h("button.small", { onclick: () => this.reset(w.name) }, "Reset"), w.name === "default" ? null : h("button.small.bad", { onclick: () => this.remove(w.name) }, "Delete"))))),
      worlds.length > shown.length ? h("p.dim.small", `and ${plural(worlds.length - shown.length, "more world")}`) : null,
      h("p.dim.small", unknown === "seed" ? "A world that nobody has made begins from the seed when it is first named." : "A request to a world that nobody has made is refused.", idle > 0 ? ` One that is not used for ${span(idle)} is forgotten.` : ""));
  }

  snapshots(list) {
    const here = this.app.status?.world ?? "";
    return h("section.sheet", h("header", h("h2.grow", "Snapshots ", h("span.dim", list.length)), h("button", { onclick: () => this.take() }, `Take one of ${here}…`)),
      list.length ? table(["name", "of", "taken", ""],
        list.map((s) => h("tr", h("td.cell", s.name), h("td.cell.dim", s.world), h("td.dim", ago(s.created)),
          h("td.acts", h("button.small", { onclick: () => this.act(() => post(`snapshots/${s.name}/restore`), `${here} is as it was`) }, `Put ${here} back`), h("button.small", { onclick: () => this.create({ snapshot: s.name }) }, "Fork…"), h("button.small.bad", { onclick: () => this.act(() => del(`snapshots/${s.name}`), "Forgotten") }, "Delete"))))) : h("p.dim", "A snapshot keeps a world as it is now. Going back to it takes microseconds, whatever it holds."));
  }

  how() {
    const at = new URL("../", location.href).href.replace(/\/$/, "");
    const first = this.app.status?.operations.find((o) => o.method === "GET" && !o.path.includes("{"))?.path ?? "/";
    return h("section.sheet", h("header", h("h2", "A world for each test")), h("p", "Requests name their world by a header, or by a path, so that tests that run side by side each have a state of their own from one port."),
      h("pre.code", `curl ${at}${first} -H 'X-Assay-World: test-1'\ncurl ${at}/_assay/worlds/test-1${first}`));
  }

  async create(from) {
    const title = from.snapshot ? `Fork the snapshot ${from.snapshot}` : from.from ? `Fork ${from.from}` : "New world";
    const name = await ask(title, "Name of the new world", "", "Make it");
    if (name) await this.act(() => post("worlds", { name, ...from }), "Made");
  }

  async take() {
    const name = await ask("Take a snapshot", "Name of the snapshot", "before", "Take it");
    if (name) await this.act(() => post("snapshots", { name }), "Taken");
  }

  async reset(name) {
    if (!await sure("Reset a world", `${name} will be as at the start.`, "Reset")) return;
    await this.act(() => post(`reset?world=${encodeURIComponent(name)}`), "As at the start");
  }

  async remove(name) {
    if (!await sure("Delete a world", `${name} will be gone.`, "Delete")) return;
    await this.act(() => del(`worlds/${name}`), "Deleted");
    if (name === this.app.status?.world) this.app.switchWorld("default");
  }

  async act(action, done) {
    await doing(action, done);
    this.app.refresh();
  }
}

function ago(moment) {
  const s = (Date.now() - Date.parse(moment)) / 1000;
  return s < 2 ? "now" : span(s) + " ago";
}
