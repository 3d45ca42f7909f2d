// The Idea Pool's API: what can be asked, who is signed in, and what can go
// wrong. It knows nothing of the page, so it serves any framework as it stands.

/** The longest to wait for an answer, in milliseconds. */
const PATIENCE = 30_000;

/** How many ideas a page holds. */
export const PAGE_SIZE = 10;

// What an answer must hold to be of use, and of which type.
const SESSION = { jwt: "string", refresh_token: "string" };
const RENEWAL = { jwt: "string" };
const IDEA = { id: "string", content: "string", impact: "number", ease: "number", confidence: "number", average_score: "number" };

const NONSENSE = "The server's answer makes no sense.";

/** A request that failed, with a message for the user. */
export class ApiError extends Error {
  /** @param {{status?: number, retryAfter?: number, cause?: unknown}} [more] status is 0 where no answer came; retryAfter is in seconds */
  constructor(message, { status = 0, retryAfter = 0, cause } = {}) {
    super(message, { cause });
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The user has to log in again. */
export class SessionEnded extends ApiError {}

/**
 * A client with one session.
 *
 * It sends "ended" when the session ends without the user's doing.
 */
export class IdeaPool extends EventTarget {
  #base;
  #store;
  #session; // {jwt, refresh_token}; null when nobody is signed in
  #renewal = null; // the refresh that is under way

  /**
   * @param {string} base address of the API
   * @param {{load(): object?, save(session: object?): void}} store keeps the session over a reload
   */
  constructor(base, store) {
    super();
    this.#base = base.replace(/\/+$/, "");
    this.#store = store;
    this.#session = store.load();
  }

  get signedIn() { return this.#session !== null; }

  async signUp({ email, name, password }) { this.#keep(fit(SESSION, await this.#open("POST", "/users", { email, name, password }))); }
  async logIn({ email, password }) { this.#keep(fit(SESSION, await this.#open("POST", "/access-tokens", { email, password }))); }

  /** Ends the session here in any case, and on the server where that can be reached. */
  async logOut() {
    try {
      if (this.signedIn) await this.#closed("DELETE", "/access-tokens", { refresh_token: this.#session.refresh_token });
    } finally {
      this.#keep(null);
    }
  }

  me() { return this.#closed("GET", "/me"); }
  async ideas(page) {
    const ideas = await this.#closed("GET", `/ideas?page=${page}`);
    if (!Array.isArray(ideas)) throw new ApiError(NONSENSE);
    return ideas.map((idea) => fit(IDEA, idea));
  }
  async addIdea(idea) { return fit(IDEA, await this.#closed("POST", "/ideas", idea)); }
  async changeIdea(id, idea) { return fit(IDEA, await this.#closed("PUT", `/ideas/${encodeURIComponent(id)}`, idea)); }
  deleteIdea(id) { return this.#closed("DELETE", `/ideas/${encodeURIComponent(id)}`); }

  /** Asks for something that is open to everybody. */
  async #open(method, path, body) {
    return read(await this.#send(method, path, body));
  }

  /**
   * Asks for something that is closed to strangers. The server's word decides
   * whether the access token has expired, not the browser's clock: that one may
   * be wrong, and a token can also end before its time.
   */
  async #closed(method, path, body) {
    const used = this.#token();
    const response = await this.#send(method, path, body, used);
    if (response.status !== 401) return read(response);
    await this.#renew(used);
    const again = await this.#send(method, path, body, this.#token());
    if (again.status === 401) throw this.#end();
    return read(again);
  }

  #token() {
    if (!this.#session) throw new SessionEnded("You are not logged in.");
    return this.#session.jwt;
  }

  /**
   * Gets another access token for the one that was refused. Requests that are
   * refused side by side share one refresh, and one that learns of it later
   * finds the new token there already.
   */
  async #renew(used) {
    if (this.#token() !== used) return;
    this.#renewal ??= this.#refresh().finally(() => { this.#renewal = null; });
    await this.#renewal;
  }

  async #refresh() {
    const session = this.#session;
    const response = await this.#send("POST", "/access-tokens/refresh", { refresh_token: session.refresh_token });
    if (this.#session !== session) throw new SessionEnded("You have logged out."); // while the answer was on its way
    if (isRefusal(response.status)) throw this.#end();
    this.#keep({ ...session, jwt: fit(RENEWAL, await read(response)).jwt });
  }

  #end() {
    const error = new SessionEnded("Your session has ended. Please log in again.", { status: 401 });
    if (this.#session) {
      this.#keep(null);
      this.dispatchEvent(new CustomEvent("ended", { detail: error }));
    }
    return error;
  }

  #keep(session) {
    this.#session = session;
    this.#store.save(session);
  }

  async #send(method, path, body, token) {
    const headers = {};
    if (token) headers["X-Access-Token"] = token;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      return await fetch(this.#base + path, { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) });
    } catch (cause) {
      throw lost(cause, `${this.#base} cannot be reached.`);
    }
  }
}

/** Whether a status says no for good: a server that is busy or broken may say yes later. */
function isRefusal(status) {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** The value of an answer; an ApiError for a refusal. */
async function read(response) {
  let text, body;
  try {
    text = await response.text();
  } catch (cause) {
    throw lost(cause, "The answer broke off.");
  }
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch (cause) {
    if (response.ok) throw new ApiError(NONSENSE, { status: response.status, cause });
  }
  if (!response.ok) throw refusal(response, body);
  return body;
}

/** An answer that holds what it must. */
function fit(shape, answer) {
  const fits = Object.entries(shape).every(([member, type]) => typeof answer?.[member] === type);
  if (!fits) throw new ApiError(NONSENSE);
  return answer;
}

function refusal({ status, headers }, body) {
  const retryAfter = Number(headers.get("Retry-After")) || 0;
  let message = body?.reason ?? `The server refuses this (${status}).`;
  if (status === 429) message = "That was too much at once.";
  if (status >= 500) message = `The server has a problem (${status}).`;
  if (retryAfter) message += ` It asks to wait ${retryAfter} seconds.`;
  return new ApiError(message, { status, retryAfter });
}

function lost(cause, message) {
  return new ApiError(cause.name === "TimeoutError" ? "The server did not answer in time." : message, { cause });
}
