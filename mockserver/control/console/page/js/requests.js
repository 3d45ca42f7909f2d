import { h, fill, copy, took, toast } from "./dom.js";
import { body, claims } from "./json.js";
import { del, post, doing } from "./api.js";

const most = 500; // rows

const filters = {
  all: ["All", () => true],
  refused: ["Refused", (e) => e.status >= 400 || e.status === 0],
  sloppy: ["Sloppy", (e) => e.remarks?.length],
  faults: ["Faults", (e) => e.fault],
};

/** Requests shows the journal: what was asked, what was answered, and why. */
export class Requests {
  wide = true;

  constructor(app) {
    this.app = app;
    this.entries = [];
    this.rows = new Map();
    this.filter = "all";
    this.text = "";
    this.selected = 0;
    this.list = h("ul.entries", { role: "listbox", tabindex: "0", "aria-label": "Requests" });
    this.detail = h("section.detail", { "aria-label": "Exchange", tabindex: "-1" });
    this.search = h("input", { type: "search", placeholder: "Filter: path, who, operation, status", "aria-label": "Filter", oninput: () => { this.text = this.search.value.toLowerCase(); this.draw(); } });
    this.choice = h("span.choice", { role: "group", "aria-label": "Which" }, Object.entries(filters).map(([key, [title]]) =>
      h("button", { "data-key": key, "aria-pressed": String(key === "all"), onclick: () => this.choose(key) }, title)));
    this.element = h("div.requests",
      h("section.list",
        h("div.filters", this.search, this.choice, h("button.icon", { title: "Forget all", "aria-label": "Forget all requests", onclick: () => this.forget() }, "⌫")),
        this.list, this.empty = h("div.empty")),
      this.detail);
    this.nothing();
  }

  show([number]) {
    this.draw();
    if (number) this.select(Number(number));
    else this.element.classList.remove("open");
  }

  update() { this.draw(); }

  clear() {
    this.entries = [];
    this.rows.clear();
    this.selected = 0;
    this.draw();
    this.nothing();
  }

  async forget() {
    if (await doing(() => del("journal"), "Forgotten")) this.clear();
  }

  choose(key) {
    this.filter = key;
    for (const b of this.choice.children) b.setAttribute("aria-pressed", String(b.dataset.key === key));
    this.draw();
  }

  fits(e) {
    if (!filters[this.filter][1](e)) return false;
    return !this.text || `${e.method} ${e.url} ${e.operation ?? ""} ${e.who ?? ""} ${e.status} ${e.reason ?? ""}`.toLowerCase().includes(this.text);
  }

  /** add takes in an entry that just happened. */
  add(e) {
    this.entries.push(e);
    if (this.entries.length > most) {
      const gone = this.entries.shift();
      this.rows.get(gone.number)?.remove();
      this.rows.delete(gone.number);
    }
    if (!this.fits(e)) return;
    const row = this.row(e);
    row.classList.add("new");
    this.list.prepend(row);
    this.empty.hidden = true;
  }

  draw() {
    const fitting = this.entries.filter((e) => this.fits(e)).reverse();
    fill(this.list, fitting.map((e) => this.row(e)));
    this.empty.hidden = fitting.length > 0;
    if (!fitting.length) this.hint();
  }

  /** hint says how to begin, where nothing has happened yet. */
  hint() {
    if (this.entries.length) return fill(this.empty, "Nothing fits the filter.");
    const at = new URL("../", location.href).href.replace(/\/$/, "");
    const first = this.app.status?.operations.find((o) => o.method === "GET" && !o.path.includes("{"));
    fill(this.empty, h("p", "Nothing was asked yet. Point your app here:"), h("pre.code", at), first ? [h("p"), h("p.dim.small", "or try"), h("pre.code", `curl -i ${at}${first.path}`)] : null);
  }

  row(e) {
    let row = this.rows.get(e.number);
    if (row) return row;
    const marks = [];
    if (e.fault) marks.push(h("span.mark.fault", { title: e.fault }, "⚡ " + e.fault));
    if (e.remarks?.length) marks.push(h("span.mark", { title: e.remarks.map((r) => r.text).join("\n") }, `⚠ ${e.remarks.length}`));
    const under = e.reason && !e.fault ? e.reason : e.operation;
    row = h("li.entry", { role: "option", id: "entry-" + e.number, "aria-selected": "false", onclick: () => this.open(e.number) },
      h(`span.status.s${Math.floor(e.status / 100)}`, e.status || "—"), h("span.method", e.method), h("span.url", { title: e.url }, e.url), h("span.took", took(e.took_ns)),
      h("span.under", marks, under ? h("span", under) : null, e.who ? h("span.who", e.who) : null));
    this.rows.set(e.number, row);
    return row;
  }

  open(number) {
    if (location.hash === `#requests/${number}`) this.select(number);
    else location.hash = `requests/${number}`;
  }

  select(number) {
    const e = this.entries.find((x) => x.number === number);
    if (!e) return;
    this.rows.get(this.selected)?.setAttribute("aria-selected", "false");
    this.selected = number;
    const row = this.row(e);
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    this.list.setAttribute("aria-activedescendant", row.id);
    this.element.classList.add("open");
    fill(this.detail, this.describe(e));
    this.detail.scrollTop = 0;
  }

  back() {
    this.element.classList.remove("open");
    history.replaceState(null, "", "#requests");
  }

  nothing() {
    this.element.classList.remove("open");
    fill(this.detail, h("div.empty", h("p", "Choose a request to see both sides, and the rule that refused it."), h("p.small", "Press ", h("kbd", "j"), " and ", h("kbd", "k"), " to walk, ", h("kbd", "c"), " to copy one as curl.")));
  }

  describe(e) {
    return [
      h("header", h("button.back", { onclick: () => this.back() }, "← back"), h(`span.status.s${Math.floor(e.status / 100)}`, e.status || "no answer"), h("span.method", e.method), h("span.url.grow", e.url)),
      h("div.facts", h("span", "№ ", e.number), e.operation ? h("span", e.operation) : null, e.who ? h("span", "by ", e.who) : h("span", "by nobody signed in"), h("span", took(e.took_ns)), h("span", e.time.replace("T", " ").replace(/\.\d+Z$/, " Z"))),
      this.why(e),
      h("div.row.side", h("button", { onclick: () => copy(e.curl, "Copied as curl") }, "Copy as curl"), h("button", { onclick: () => this.repeat(e) }, "Send again"),
        e.operation ? h("button", { title: "The next request to this operation is answered 503", onclick: () => this.failNext(e) }, "Fail the next one") : null),
      this.side("Request", e.request, false), this.side("Response", e.response, true),
      h("details", h("summary", "curl"), h("pre.code", e.curl)),
    ];
  }

  /** why says what befell the request, what it broke, and what was sloppy. */
  why(e) {
    const notes = [];
    if (e.fault) notes.push(h("div.note.bad", h("b", "A fault befell it: "), e.fault));
    if (e.rules?.length || e.refused || (e.reason && !e.fault)) {
      notes.push(h("div.note", h("p", h("b", e.refused ? `Refused as ${e.refused}: ` : "Refused: "), e.reason ?? ""),
        (e.rules ?? []).map((r) => h("p", r.sentence ?? "", " ", h("code.dim", r.id), h("br"), h("span.where", [r.from, r.line ? `${r.file}:${r.line}` : ""].filter(Boolean).join(" · "))))));
    }
    if (e.remarks?.length) notes.push(h("div.note.cool", h("b", "Sloppy, and let pass"), h("ul", e.remarks.map((r) => h("li", r.text)))));
    return notes;
  }

  side(title, message, answers) {
    const headers = Object.entries(message.header ?? {});
    return h("section.side",
      h("header", h("h3.grow", title), message.body ? h("button.icon.small", { onclick: () => copy(message.body, "Body copied") }, "copy") : null),
      headers.length ? h("details", { open: !answers && headers.length < 4 }, h("summary", `${headers.length} header${headers.length === 1 ? "" : "s"}`), h("dl.headers", headers.flatMap(([name, values]) => values.flatMap((v) => [h("dt", name), this.headerValue(v)])))) : null,
      body(message.body), message.cut ? h("p.dim.small", "The body was longer than a journal keeps.") : null);
  }

  headerValue(v) {
    const token = claims(v);
    if (!token) return h("dd", v);
    const said = JSON.stringify(token.payload, null, 2);
    return h("dd", h("span.jwt", { title: said }, v.length > 46 ? v.slice(0, 30) + "…" + v.slice(-12) : v), " ", h("button.icon.small", { onclick: (ev) => ev.target.replaceWith(body(said)) }, "what it says"));
  }

  /** repeat sends the same request again, from this page. */
  async repeat(e) {
    await doing(async () => {
      const drop = /^(host|content-length|connection|accept-encoding|user-agent|origin|referer|cookie|sec-.*)$/i;
      const headers = Object.entries(e.request.header ?? {}).filter(([n]) => !drop.test(n)).map(([n, v]) => [n, v.join(", ")]);
      const world = this.app.status.world;
      if (world !== "default") headers.push(["X-Assay-World", world]);
      const at = new URL("../" + e.url.replace(/^\//, ""), location.href);
      const body = /^(GET|HEAD)$/.test(e.method) ? undefined : e.request.body || undefined;
      const a = await fetch(at, { method: e.method, headers, body });
      toast(`Answered ${a.status}`);
    });
  }

  async failNext(e) {
    await doing(() => post("faults", { operation: e.operation, status: 503, times: 1 }), `The next ${e.operation} is answered 503`);
    this.app.refresh();
  }

  key(key) {
    const rows = [...this.list.children];
    const at = rows.findIndex((r) => r.getAttribute("aria-selected") === "true");
    const go = (i) => { const r = rows[Math.min(Math.max(i, 0), rows.length - 1)]; if (r) this.open(Number(r.id.slice(6))); return true; };
    switch (key) {
      case "j": case "ArrowDown": return go(at + 1);
      case "k": case "ArrowUp": return go(at - 1);
      case "Enter": return at < 0 ? go(0) : (this.detail.focus(), true);
      case "/": this.search.focus(); return true;
      case "Escape": this.back(); return true;
      case "c": {
        const e = this.entries.find((x) => x.number === this.selected);
        if (e) copy(e.curl, "Copied as curl");
        return true;
      }
    }
    return false;
  }
}

