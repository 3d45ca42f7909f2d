"use strict";
(() => {
  const form = document.querySelector(".filter");
  const search = document.getElementById("search");
  const output = document.querySelector(".matches");
  const chips = [...document.querySelectorAll(".chip")];
  const items = [...document.querySelectorAll("[data-item]")].map((element) => ({
    element, kind: element.dataset.kind, text: element.textContent.toLowerCase(),
  }));
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());

  // Every word must be found; without a pressed chip every kind is shown.
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.show));
    const filtering = words.length > 0 || kinds.size > 0;
    let shown = 0;
    for (const { element, kind, text } of items) {
      const match = (kinds.size === 0 || kinds.has(kind)) && words.every((w) => text.includes(w));
      element.hidden = !match;
      if (match && !element.closest(".overview")) shown++; // the overview repeats the findings
    }
    for (const feature of document.querySelectorAll(".feature")) {
      feature.hidden = filtering && !feature.querySelector("[data-item]:not([hidden])");
      if (filtering && !feature.hidden) feature.open = true;
    }
    for (const heading of document.querySelectorAll(".chapter")) {
      heading.hidden = filtering && !heading.nextElementSibling.querySelector("[data-item]:not([hidden])");
    }
    for (const section of document.querySelectorAll("main > section, .overview")) {
      const all = section.querySelectorAll("[data-item]");
      section.hidden = filtering && all.length > 0 && ![...all].some((e) => !e.hidden);
    }
    output.textContent = filtering ? (shown === 1 ? "1 match" : shown + " matches") : "";
  };
  search.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && (search.value || chips.some((c) => c.getAttribute("aria-pressed") === "true"))) {
      search.value = "";
      for (const chip of chips) chip.setAttribute("aria-pressed", "false");
      filter();
    }
  });

  // A link into something folded or filtered away unfolds it.
  const reveal = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    for (let e = target; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
      e.hidden = false;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch { // a page opened from a file may have no clipboard
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // On paper everything is unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const d of folded) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of folded) d.open = false;
  });
})();
