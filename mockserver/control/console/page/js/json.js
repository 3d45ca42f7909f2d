import { h } from "./dom.js";

// JSON is laid out and coloured token by token, as it came: 8.0 stays 8.0, a
// number too long for JavaScript stays whole, and what is broken is shown broken.

const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]|\s+|[^]/g;
const longest = 200_000;

/** layout breaks JSON into lines; null when it is none. */
function layout(text) {
  const out = [];
  const open = [];
  let expects = "value";
  const line = () => out.push(["", "\n" + "  ".repeat(open.length)]);
  const tokens = (text.match(token) ?? []).filter((t) => !/^\s+$/.test(t));
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i];
    switch (t) {
      case "{": case "[": {
        const close = t === "{" ? "}" : "]";
        out.push(["", t]);
        if (tokens[i + 1] === close) { out.push(["", close]); i++; break; }
        open.push(close);
        line();
        break;
      }
      case "}": case "]":
        if (open.pop() !== t) return null;
        line();
        out.push(["", t]);
        break;
      case ",": out.push(["", ","]); line(); break;
      case ":": out.push(["", ": "]); break;
      default:
        if (t[0] === '"' && t.length > 1) out.push([tokens[i + 1] === ":" ? "j-key" : "j-str", t]);
        else if (/^-?\d/.test(t)) out.push(["j-num", t]);
        else if (/^(true|false|null)$/.test(t)) out.push(["j-lit", t]);
        else return null;
    }
  }
  return open.length || expects !== "value" ? null : out;
}

/** isJSON reports whether a text is JSON. */
export function isJSON(text) {
  try { JSON.parse(text); return true; } catch { return false; }
}

/** body shows a message's body. */
export function body(text) {
  if (!text) return h("p.dim.small", "no body");
  const cut = text.length > longest ? text.slice(0, longest) + "…" : text;
  const laid = isJSON(text) && text.length <= longest ? layout(text) : null;
  if (!laid) return h("pre.code", cut);
  return h("pre.code", laid.map(([kind, t]) => kind ? h("span." + kind, t) : t));
}

/** pretty is JSON as one edits it. */
export function pretty(text) {
  const laid = layout(text);
  return laid ? laid.map(([, t]) => t).join("") : text;
}

/** claims are what a JSON Web Token says; null when the text is none. */
export function claims(text) {
  const parts = /^(?:Bearer )?([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(text);
  if (!parts) return null;
  try {
    const decode = (s) => new TextDecoder().decode(Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)));
    return { header: JSON.parse(decode(parts[1])), payload: JSON.parse(decode(parts[2])) };
  } catch { return null; }
}
