import { h, fill, table } from "./dom.js";
import { get, post, del, doing } from "./api.js";

/** presets are what goes wrong most, and how to say it. */
const presets = [
  ["The next request fails", "503, once", { status: 503, times: 1 }],
  ["Everything is slow", "1 to 3 s each", { delay: "1s..3s" }],
  ["Each third fails", "500", { status: 500, every: 3 }],
  ["Too many requests", "429, Retry-After 5 s", { status: 429, retry_after: 5 }],
  ["Tokens are refused", "401, once", { status: 401, times: 1 }],
  ["Refresh fails", "as with a wrong refresh token", null],
  ["Not JSON", "a malformed body", { body: "malformed" }],
  ["Cut off", "half a body, then nothing", { body: "truncated" }],
  ["Wrong type", "one value of another type", { body: "wrong-type" }],
  ["Slow body", "200 bytes a second", { pace: 200 }],
  ["Connection reset", "TCP RST", { connection: "reset" }],
  ["No answer", "until the client gives up", { connection: "no-answer" }],
];

/** Faults plants what is to go wrong, and shows what did. */
export class Faults {
  constructor(app) {
    this.app = app;
    this.planted = h("section.sheet");
    this.form = h("form.form", { onsubmit: (e) => { e.preventDefault(); this.plant(this.read()); } });
    this.cards = h("div.cards");
    this.element = h("div.stack", this.planted,
      h("section.sheet", h("header", h("h2", "Plant a fault")), this.cards),
      h("details.sheet", h("summary", "Choose which requests, and what befalls them"), this.form),
      h("p.dim.small", "A single request may ask for its own: ", h("code", "Prefer: code=503, delay=2"), ". From the start: ", h("code", "assay mock --faults FILE"), "."));
  }

  show() { return this.update(); }

  async update() {
    const list = await get("faults");
    fill(this.planted, h("header", h("h2.grow", "Planted ", h("span.dim", list.length)), h("button.bad", { disabled: !list.length, onclick: () => this.act(() => del("faults"), "Nothing goes wrong any more") }, "Take all out")),
      list.length ? table(["what", "which requests", "struck", ""],
        list.map((f) => h("tr", h("td", f.words), h("td.dim", which(f.fault)), h("td.num", f.spent ? `${f.struck}, spent` : `${f.struck} of ${f.fitting}`), h("td.acts", h("button.small", { onclick: () => this.act(() => del("faults/" + f.id), "Taken out") }, "Take out"))))) : h("p.dim", "Nothing is to go wrong in this world."));
    this.drawForm();
  }

  drawForm() {
    const ops = this.app.status?.operations ?? [];
    fill(this.cards, presets.map(([title, text, fault]) => {
      const what = fault ?? refreshFault(ops);
      return what ? h("button.card", { type: "button", onclick: () => this.plant(what) }, h("b", title), h("span", text)) : null;
    }));
    if (this.form.childElementCount) return;
    const field = (label, input) => h("label.field", label, input);
    const select = (name, values) => h("select", { name }, values.map(([value, text]) => h("option", { value }, text)));
    fill(this.form,
      field("Operation", select("operation", [["", "any"], ...ops.map((o) => [o.id, o.id])])), field("Of user (login)", h("input", { name: "user", placeholder: "anybody" })),
      field("Each n-th", h("input", { name: "every", type: "number", min: 1, placeholder: "1" })), field("After the first", h("input", { name: "after", type: "number", min: 0, placeholder: "0" })),
      field("At most, times", h("input", { name: "times", type: "number", min: 1, placeholder: "no end" })), field("Chance, 0 to 1", h("input", { name: "chance", type: "number", min: 0, max: 1, step: 0.05, placeholder: "1" })),
      field("Delay", h("input", { name: "delay", placeholder: "2s, or 100ms..2s" })), field("Status", h("input", { name: "status", type: "number", min: 200, max: 599, placeholder: "as usual" })),
      field("Refuse as", select("refuse", [["", "–"], ...["unauthenticated", "forbidden", "credentials", "invalid", "missing", "malformed", "unknown", "taken"].map((k) => [k, k])])), field("Reason", h("input", { name: "reason", placeholder: "the mock's words" })),
      field("Retry-After, s", h("input", { name: "retry_after", type: "number", min: 0 })), field("Body", select("body", [["", "whole"], ["malformed", "malformed"], ["truncated", "truncated"], ["wrong-type", "wrong type"], ["empty", "empty"]])),
      field("Bytes a second", h("input", { name: "pace", type: "number", min: 1, placeholder: "at once" })), field("Connection", select("connection", [["", "stays"], ["reset", "reset"], ["no-answer", "no answer"]])),
      h("div.all", h("button.main", "Plant")));
  }

  read() {
    const fault = {};
    for (const [name, value] of new FormData(this.form)) {
      if (value === "") continue;
      fault[name] = /^(every|after|times|chance|status|retry_after|pace)$/.test(name) ? Number(value) : value;
    }
    return fault;
  }

  plant(fault) { return this.act(() => post("faults", fault), "Planted"); }

  async act(action, done) {
    await doing(action, done);
    this.app.refresh();
  }
}

/** refreshFault refuses the operation that renews tokens; null where there is none. */
function refreshFault(ops) {
  const op = ops.find((o) => /refresh/i.test(o.id));
  if (!op) return null;
  return op.refusals?.includes("credentials") ? { operation: op.id, refuse: "credentials" } : { operation: op.id, status: 401 };
}

const ordinal = (n) => n + (["th", "st", "nd", "rd"][n % 100 > 10 && n % 100 < 20 ? 0 : n % 10] ?? "th");

/** which words the requests that a fault is for. */
function which(f) {
  const parts = [f.operation ?? "any request"];
  if (f.user) parts.push(`of ${f.user}`);
  if (f.after) parts.push(`after ${f.after}`);
  if (f.every > 1) parts.push(`each ${ordinal(f.every)}`);
  if (f.chance) parts.push(`with a chance of ${f.chance}`);
  if (f.times) parts.push(f.times === 1 ? "once" : `${f.times} times`);
  return parts.join(", ");
}
