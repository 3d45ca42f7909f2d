import { h, fill, table, dialog, sure, copy, span, ask } from "./dom.js";
import { get, post, put, patch, del, doing } from "./api.js";

/** Users shows who has an account, and the tokens that they hold. */
export class Users {
  constructor(app) {
    this.app = app;
    this.all = false;
    this.tokens = [];
    this.element = h("div.stack");
  }

  show() { return this.update(); }

  async update() {
    const [{ users, total }, tokens] = await Promise.all([get("users?limit=200"), get(`tokens?limit=200${this.all ? "&all=true" : ""}`)]);
    this.tokens = tokens;
    fill(this.element, h("div.columns", this.lifetime(users), this.account()), this.people(users, total), this.held(tokens, users));
    this.tick();
  }

  /** lifetime lets tokens live shorter, to rehearse expiry. */
  lifetime(users) {
    const l = this.app.status?.token_lifetime;
    if (!l?.contract && (!l || !users.some((u) => u.configured))) return h("section.sheet", h("h2", "Token lifetime"), h("p.dim", "This contract gives no access tokens of the mock's own making."));
    const set = (lifetime) => doing(() => lifetime ? put("token-lifetime", { lifetime }) : del("token-lifetime"), lifetime ? `New tokens live ${lifetime}` : "As the contract says").then(() => this.app.refresh());
    return h("section.sheet", h("header", h("h2.grow", "Token lifetime"), l.contract ? h("span.dim.small", `the contract says ${span(l.contract)}`) : null),
      h("p.bignum", l.lifetime ? span(l.lifetime) : "the provider's", l.changed ? h("span.dim.small", "  set here") : null),
      h("p.dim.small", "Of tokens given from now on, in every world. Browsers judge exp by their own clock, so a short life rehearses expiry better than a moved clock."),
      h("div.steps", ["5s", "15s", "1m"].map((t) => h("button", { onclick: () => set(t) }, span(parse(t)))),
        h("button", { onclick: async () => { const t = await ask("Token lifetime", "How long new access tokens live: 5s, 10m, 1h", "30s", "Set"); if (t) set(t); } }, "…"),
        h("button", { disabled: !l.changed, onclick: () => set("") }, l.contract ? "Contract's" : "Provider's")));
  }

  account() {
    const a = this.app.status?.account;
    if (!a) return h("section.sheet", h("h2", "Accounts"), h("p.dim", this.app.status?.accounts ? "Nobody was seeded. Sign up through the API, or add a user here." : "This contract has no accounts of the mock's own making; identity providers take theirs from their configuration."));
    return h("section.sheet", h("header", h("h2.grow", "To sign in with")),
      h("p", h("b", a.name)), h("p", h("code", a.login), " ", h("button.icon.small", { onclick: () => copy(a.login) }, "copy"), h("br"), h("code", a.password), " ", h("button.icon.small", { onclick: () => copy(a.password) }, "copy")),
      h("div.steps", h("button.main", { onclick: () => this.signIn(a.login) }, "Get a token")));
  }

  people(users, total) {
    const can = this.app.status?.accounts;
    return h("section.sheet", h("header", h("h2.grow", "Users ", h("span.dim", total.toLocaleString("en"))), can ? h("button", { onclick: () => this.add() }, "Add…") : null),
      users.length ? table(["login", "id", "tokens", "sessions", ""],
        users.map((u) => h("tr", h("td.cell", u.login), h("td.cell.mono.dim", u.id), h("td.num", u.tokens), h("td.num", u.sessions),
          h("td.acts", u.configured ? h("span.dim.small", "of the configuration ") : h("button.small", { onclick: () => this.signIn(u.login || u.id) }, "Sign in"), h("button.small", { disabled: !u.tokens, onclick: () => this.act("tokens/expire", { user: u.id }, "Expired") }, "Expire"),
            u.configured ? null : [h("button.small", { disabled: !u.sessions, title: "Refresh tokens become useless", onclick: () => this.act("sessions/end", { user: u.id }, "Ended") }, "End sessions"), h("button.small", { onclick: () => this.edit(u) }, "Edit"), h("button.small.bad", { onclick: () => this.remove(u) }, "Delete")])))) : h("p.empty", "Nobody has an account."));
  }

  held(tokens, users) {
    return h("section.sheet", h("header", h("h2.grow", "Access tokens ", h("span.dim", tokens.length)),
      h("label.small.row", h("input", { type: "checkbox", checked: this.all, onchange: (e) => { this.all = e.target.checked; this.update(); } }), "expired ones too"),
      h("button", { disabled: !tokens.some((t) => t.good), onclick: () => this.act("tokens/expire", {}, "All tokens count as expired") }, "Expire all"),
      h("button", { disabled: !users.some((u) => u.sessions), onclick: () => this.act("sessions/end", {}, "Every refresh token is useless") }, "End all sessions")),
    tokens.length ? table(["who", "token", "remaining", ""],
      tokens.map((t) => h("tr", { "data-number": t.number }, h("td.cell", t.login ?? t.user ?? ""), h("td.cell.mono", { title: t.token }, "…" + t.token.slice(-14)),
        h("td", h("div.row", h("span.num.left", ""), h("div.life", h("i")))),
        h("td.acts", h("button.small", { onclick: () => copy(t.token, "Token copied") }, "Copy"), h("button.small", { disabled: !t.good, onclick: () => this.act(`tokens/${t.number}/expire`, undefined, "Expired") }, "Expire"))))) : h("p.empty", "No token is good now."));
  }

  /** tick lets the remaining lives run. */
  tick() {
    const now = this.app.now(), whole = this.app.status?.token_lifetime.lifetime || 600;
    for (const t of this.tokens) {
      const row = this.element.querySelector(`[data-number="${t.number}"]`);
      if (!row) continue;
      const left = t.expires ? (Date.parse(t.expires) - now) / 1000 : Infinity;
      const denied = t.denied && t.denied !== "expired" ? t.denied : left <= 0 ? "expired" : "";
      row.querySelector(".left").textContent = denied || (left === Infinity ? "for ever" : span(Math.ceil(left)));
      const life = row.querySelector(".life");
      const part = denied ? 0 : Math.min(left / whole, 1);
      life.firstChild.style.width = part * 100 + "%";
      life.className = "life" + (denied ? " out" : part < 0.2 ? " low" : "");
    }
  }

  async act(path, what, done) {
    await doing(() => post(path, what), done);
    this.app.refresh();
  }

  async signIn(user) {
    await doing(async () => {
      const grant = await post(`users/${encodeURIComponent(user)}/sign-in`);
      const carrier = this.app.status.carrier ?? { name: "Authorization", prefix: "Bearer " };
      const line = `${carrier.name}: ${carrier.prefix ?? ""}${grant.access_token}`;
      this.app.refresh();
      dialog(`Tokens of ${user}`, h("div.stack",
        h("div", h("h3", "Access token"), h("pre.code", grant.access_token)), h("div", h("h3", "Refresh token"), h("pre.code", grant.refresh_token)), h("p.dim.small", "Good until ", grant.expires, " of the world.")),
      h("button", { onclick: () => copy(grant.refresh_token, "Refresh token copied") }, "Copy refresh token"), h("button", { onclick: () => copy(line, "Header copied") }, "Copy as header"), h("button.main", { onclick: () => copy(grant.access_token, "Access token copied") }, "Copy access token"));
    });
  }

  add() {
    const { login, password } = this.app.status.accounts;
    this.form("Add a user", { [login]: "new@example.com", name: "New", [password]: "Secret123" }, (text) => post("users", text), "Add");
  }

  edit(u) { this.form(u.login, u.doc ?? {}, (text) => patch(`users/${encodeURIComponent(u.id)}`, text), "Save"); }

  form(title, doc, save, button) {
    const area = h("textarea", { rows: 8, spellcheck: "false", "aria-label": "User as JSON", value: JSON.stringify(doc, null, 2) });
    const submit = async (e) => {
      const box = e.target.closest("dialog");
      if (await doing(() => save(area.value), "Saved")) { box.close(); this.app.refresh(); }
    };
    dialog(title, h("div.stack", area, h("p.dim.small", "A member with the password changes it.")), h("button.main", { onclick: submit }, button));
  }

  async remove(u) {
    if (!await sure("Delete a user", `${u.login} will be gone, with sessions and records.`, "Delete")) return;
    await doing(() => del(`users/${encodeURIComponent(u.id)}`), "Deleted");
    this.app.refresh();
  }
}

const parse = (t) => Number.parseFloat(t) * (t.endsWith("m") ? 60 : 1);

