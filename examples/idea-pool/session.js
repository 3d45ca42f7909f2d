// Keeps a session as long as the tab lives, so that a reload signs nobody out.
// Every script of the page can read it: let no foreign one in.

/** @param {string} key one for each API, so that no server gets another's tokens */
export function tabStore(key) {
  return {
    load() {
      try {
        return JSON.parse(sessionStorage.getItem(key));
      } catch {
        return null; // nobody's session, or none of ours
      }
    },
    save(session) {
      if (session) sessionStorage.setItem(key, JSON.stringify(session));
      else sessionStorage.removeItem(key);
    },
  };
}
