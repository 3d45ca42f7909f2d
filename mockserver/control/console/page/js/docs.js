import { h } from "./dom.js";
import { world } from "./api.js";

/** Docs shows the contract's documentation, where operations can be tried. */
export class Docs {
  wide = true;

  constructor(app) {
    this.app = app;
    this.frame = h("iframe.docs", { title: "Documentation of the API" });
    this.element = this.frame;
  }

  show() {
    const address = "docs/" + (world.name ? `?world=${encodeURIComponent(world.name)}` : "");
    if (this.frame.getAttribute("src") !== address) this.frame.src = address;
    this.frame.addEventListener("load", () => this.theme(document.documentElement.style.colorScheme), { once: true });
  }

  theme(scheme) {
    const root = this.frame.contentDocument?.documentElement;
    if (root) root.style.colorScheme = scheme;
  }
}
