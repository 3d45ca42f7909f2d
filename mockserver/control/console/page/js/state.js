import { h, fill, dialog, sure, toast, plural } from "./dom.js";
import { pretty } from "./json.js";
import { get, post, put, del, doing, address, headers } from "./api.js";

const size = 50; // records a page

/** State shows what the world holds, and lets it be changed. */
export class State {
  constructor(app) {
    this.app = app;
    this.collection = "";
    this.offset = 0;
    this.owner = "";
    this.element = h("div.stack");
  }

  async show([collection]) {
    if (collection && collection !== this.collection) { this.collection = collection; this.offset = 0; this.owner = ""; }
    await this.update();
  }

  async update() {
    const all = await get("collections");
    const served = all.filter((c) => c.served || c.records);
    if (!served.some((c) => c.name === this.collection)) this.collection = (served.find((c) => c.records) ?? served[0])?.name ?? "";
    const tools = h("div.row",
      h("span.choice", { role: "group", "aria-label": "Collections" }, served.map((c) =>
        h("button", { "aria-pressed": String(c.name === this.collection), onclick: () => { this.collection = c.name; this.offset = 0; this.update(); } }, c.name, " ", h("span.dim.num", c.records.toLocaleString("en"))))),
      h("span.grow"),
      h("button", { onclick: () => this.export() }, "Export"), h("button", { onclick: () => this.import() }, "Import…"), h("button.bad", { onclick: () => this.reset() }, "Reset the world"));
    if (!this.collection) {
      return fill(this.element, tools, h("div.sheet", h("p.empty", "This contract keeps no collections.")));
    }
    const found = await get(`${this.path()}?offset=${this.offset}&limit=${size}${this.owner ? "&owner=" + encodeURIComponent(this.owner) : ""}`);
    fill(this.element, tools, this.table(found, all.find((c) => c.name === this.collection)));
  }

  path() { return `collections/${encodeURIComponent(this.collection.slice(1))}/records`; }

  table(found, collection) {
    const members = (collection.members ?? []).filter((m) => found.records.some((r) => m in r.doc)).slice(0, 8);
    const columns = members.length ? members : [...new Set(found.records.flatMap((r) => Object.keys(r.doc)))].slice(0, 8);
    const last = Math.min(this.offset + size, found.total);
    return h("section.sheet",
      h("header", h("h2.grow", this.collection, " ", h("span.dim", plural(found.total, "record"), this.owner ? ` of ${this.owner}` : "")),
        this.owner ? h("button.small", { onclick: () => { this.owner = ""; this.offset = 0; this.update(); } }, "of everybody") : null,
        found.total > size ? h("span.row.small", h("button.small", { disabled: !this.offset, onclick: () => this.page(-size), "aria-label": "Previous" }, "‹"), h("span.dim.num", `${this.offset + 1}–${last}`), h("button.small", { disabled: last >= found.total, onclick: () => this.page(size), "aria-label": "Next" }, "›")) : null,
        h("button", { onclick: () => this.add(found.records[0]) }, "Add…"),
        h("button.bad", { disabled: !found.total, onclick: () => this.clear(found.total) }, "Delete all")),
      found.records.length ? h("div.scroll", h("table",
        h("thead", h("tr", columns.map((c) => h("th", c)), h("th", "owner"))),
        h("tbody", found.records.map((r) => h("tr.click", { tabindex: "0", onclick: () => this.edit(r), onkeydown: (e) => { if (e.key === "Enter") this.edit(r); } },
          columns.map((c) => h(typeof r.doc[c] === "number" ? "td.cell.num" : "td.cell", { title: hint(c, r.doc[c]) }, show(r.doc[c]))),
          h("td.cell.dim", r.owner_login ? h("a.quiet", { href: "#state", title: "Only theirs", onclick: (e) => { e.preventDefault(); e.stopPropagation(); this.owner = r.owner_login; this.offset = 0; this.update(); } }, r.owner_login) : r.owner ?? "")))))) : h("p.empty", "It holds nothing."));
  }

  page(by) { this.offset = Math.max(0, this.offset + by); this.update(); }

  /** edit opens a record as JSON. */
  edit(record) {
    this.editor(`${this.collection} ${record.id}`, record.doc, record.owner_login ?? record.owner ?? "",
      (doc, owner) => put(`${this.path()}/${record.ref}`, body2(doc, owner)), "Save",
      h("button.bad", { onclick: async (e) => { if (await doing(() => del(`${this.path()}/${record.ref}`), "Deleted")) { e.target.closest("dialog").close(); this.app.refresh(); } } }, "Delete"));
  }

  add(like) {
    const doc = like ? Object.fromEntries(Object.entries(like.doc).filter(([k]) => !/^(id|_id|created|updated|average)/.test(k))) : {};
    this.editor(`Add to ${this.collection}`, doc, like?.owner_login ?? "", (d, owner) => post(this.path(), body2(d, owner)), "Add");
  }

  editor(title, doc, owner, save, button, ...more) {
    const area = h("textarea", { rows: Math.min(Object.keys(doc).length + 4, 22), spellcheck: "false", "aria-label": "Record as JSON", value: pretty(JSON.stringify(doc)) });
    const who = h("input", { value: owner, "aria-label": "Owner", placeholder: "nobody" });
    const submit = async (e) => {
      const box = e.target.closest("dialog");
      try { JSON.parse(area.value); } catch (err) { toast("This is no JSON: " + err.message, true); return; }
      if (await doing(() => save(area.value, who.value.trim()), "Saved")) { box.close(); this.app.refresh(); }
    };
    area.addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) submit(e); });
    dialog(title, h("div.stack", area, h("label.field", "Owner: login or id", who), h("p.dim.small", "Members that follow from others are computed anew. ", h("kbd", "Ctrl Enter"), " saves.")), more, h("button.main", { onclick: submit }, button));
  }

  async clear(n) {
    if (!await sure("Delete all", `${plural(n, "record")} of everybody in ${this.collection} will be gone.`, "Delete all")) return;
    await doing(() => del(this.path()), "Deleted");
    this.app.refresh();
  }

  async reset() {
    if (!await sure("Reset the world", "It will be as at the start: users, records, clock and faults. Its journal goes on.", "Reset")) return;
    await doing(() => post("reset"), "As at the start");
    this.app.refresh();
  }

  async export() {
    await doing(async () => {
      const text = await (await fetch(address("state"), { headers: headers() })).text();
      const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: this.app.status.world + ".json" });
      link.click();
      URL.revokeObjectURL(link.href);
    }, "Exported");
  }

  import() {
    const file = h("input", { type: "file", accept: "application/json,.json", "aria-label": "File" });
    const run = async (e) => {
      const box = e.target.closest("dialog");
      if (!file.files.length) return;
      const text = await file.files[0].text();
      if (await doing(async () => { const { count } = await put("state", text); toast(plural(count, "thing") + " taken in"); })) { box.close(); this.app.refresh(); }
    };
    dialog("Import a state", h("div.stack", h("p.dim", "What the file holds takes the place of everything in this world."), file), h("button.main", { onclick: run }, "Import"));
  }
}

/** body2 is what is sent for a record whose JSON stays as it was typed. */
function body2(doc, owner) {
  return `{"doc":${doc}${owner ? `,"owner":${JSON.stringify(owner)}` : ""}}`;
}

/** hint says what a number means that tells a moment, and all of a long text. */
function hint(name, v) {
  if (typeof v === "number" && /(_at|At|date|time|stamp)$/i.test(name) && v > 1e8) return new Date(v > 1e11 ? v : v * 1000).toISOString();
  return typeof v === "string" && v.length > 24 ? v : null;
}

function show(v) {
  if (v === undefined) return "";
  return typeof v === "object" ? JSON.stringify(v) : String(v);
}

