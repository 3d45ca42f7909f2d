// The documentation of the contract, by Swagger UI, set up so that "try it"
// works at once: this mock is the server, the demo account is signed in, and
// requests go to the world that the console shows.

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const control = query.has("control");
const world = query.get("world") ?? "";
const token = sessionStorage.getItem("assay-token") ?? "";

const dark = () => {
  const chosen = document.documentElement.style.colorScheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const theme = () => document.documentElement.classList.toggle("dark-mode", dark());
document.documentElement.style.colorScheme = localStorage.getItem("assay-theme") ?? "";
theme();
new MutationObserver(theme).observe(document.documentElement, { attributeFilter: ["style"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);

function headers() {
  const all = {};
  if (token) all.Authorization = "Bearer " + token;
  if (world) all["X-Assay-World"] = world;
  return all;
}

async function ask(path, options = {}) {
  const response = await fetch("../" + path, { ...options, headers: headers() });
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 200)}`);
  return response;
}

let ui = null;

/** intercept sends a tried request into the world, and names operations that a header tells apart. */
function intercept(request) {
  if (world) request.headers["X-Assay-World"] = world;
  if (control && token) request.headers.Authorization = "Bearer " + token;
  const [address, fragment] = request.url.replace("%23", "#").split("#");
  if (fragment) {
    const [name, value] = fragment.split("=");
    request.url = address;
    request.headers[decodeURIComponent(name)] = decodeURIComponent(value ?? "").split("?")[0];
  }
  return request;
}

async function open() {
  const spec = control ? undefined : await (await ask("contract")).json();
  ui = window.SwaggerUIBundle({
    ...(spec ? { spec } : { url: new URL("../control.yaml", location.href).href }),
    domNode: $("ui"), deepLinking: true, validatorUrl: null, tryItOutEnabled: true, displayRequestDuration: true, defaultModelsExpandDepth: 0,
    docExpansion: "list", requestInterceptor: intercept, presets: [window.SwaggerUIBundle.presets.apis],
    onComplete: () => { document.body.dataset.ready = "yes"; if (!control) people(); },
  });
}

/** people offers the users of the world to sign in as, the demo account first. */
async function people() {
  const status = await (await ask("status")).json();
  const { users } = await (await ask("users?limit=50")).json();
  if (!status.carrier || !users.length || !status.token_lifetime.contract) {
    $("said").textContent = status.carrier ? "Sign in as the documentation says, then use Authorize." : "No operation asks for a token.";
    return;
  }
  const first = status.account?.login;
  const logins = users.map((u) => u.login || u.id).sort((a, b) => (b === first) - (a === first));
  $("user").replaceChildren(...logins.map((l) => new Option(l, l)));
  $("user").hidden = $("sign").hidden = false;
  const sign = async () => {
    const user = $("user").value;
    const grant = await (await ask(`users/${encodeURIComponent(user)}/sign-in`, { method: "POST" })).json();
    ui.preauthorizeApiKey(status.carrier.scheme, grant.access_token);
    $("said").textContent = "“Try it” is signed in as";
    document.body.dataset.signed = user;
  };
  $("sign").onclick = $("user").onchange = sign;
  await sign();
}

if (control) {
  $("said").textContent = "The control API of this mock.";
  $("other").textContent = "The contract";
  $("other").href = world ? `?world=${encodeURIComponent(world)}` : "?";
} else if (world) {
  $("other").href = `?control&world=${encodeURIComponent(world)}`;
}

addEventListener("load", () => open().catch((err) => { $("said").textContent = "The documentation cannot be shown: " + err.message; }));
