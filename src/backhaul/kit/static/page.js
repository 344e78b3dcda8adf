// Comfort only: every act works without this file.
const wire = (root) => {
  // Arrows go through the languages: by keyboard it is the button that changes it.
  root.querySelectorAll(".languages select").forEach((select) => {
    const button = select.form.querySelector("button");
    const byKeys = (is) => { button.hidden = !is; };
    byKeys(false);
    select.addEventListener("keydown", (event) => { if (event.key !== "Tab") { byKeys(true); } });
    select.addEventListener("pointerdown", () => byKeys(false));
    select.addEventListener("change", () => { if (button.hidden) { select.form.submit(); } });
  });
  root.querySelectorAll("form:not([data-station]):not([hx-boost]):not([data-stays])").forEach((form) => {
    form.addEventListener("submit", () => {
      window.setTimeout(() => form.querySelectorAll("button").forEach((b) => { b.disabled = true; }), 0);
    });
  });
  root.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return; // a browser offers it on https and on the own machine only; the text can be marked
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied || button.textContent;
      say(button.textContent);
    });
  });
  root.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  root.querySelectorAll("[autofocus]").forEach((field) => field.focus());
  root.querySelectorAll(".tabs [aria-current], .chips [aria-current]").forEach((here) => {
    here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
  });
  // A field of the terms is marked as soon as it differs from what is in force.
  root.querySelectorAll("form.terms").forEach((form) => {
    const value = (input) => (input.type === "checkbox" ? String(input.checked) : input.value);
    form.addEventListener("input", (event) => {
      const field = event.target.closest(".field");
      if (!field) { return; }
      field.classList.toggle("changed", [...field.querySelectorAll("[data-was]")].some((input) => value(input) !== input.dataset.was && (input.dataset.was || input.type !== "checkbox" || input.checked)));
    });
  });
};
// What was done, said for a moment at the edge; nothing that anybody must read stands only there.
const say = (words) => {
  const toast = document.getElementById("said");
  toast.hidden = false;
  toast.textContent = words;
  window.clearTimeout(say.over);
  say.over = window.setTimeout(() => { toast.hidden = true; toast.textContent = ""; }, 4000);
};
wire(document);
// A photo is looked at over its page, large and in turn; without this file its link leads to it.
const zoom = document.getElementById("zoom");
const look = (link) => {
  const all = [...document.querySelectorAll("main .photos a:has(> img)")];
  const [seen, thumb, place] = [zoom.querySelector("img"), link.querySelector("img"), all.indexOf(link)];
  zoom.go = (step) => look(all[(place + step + all.length) % all.length]);
  near(false);
  seen.src = link.href;
  seen.alt = thumb.alt;
  zoom.querySelector(".which").textContent = `${thumb.alt} · ${place + 1} / ${all.length}`;
  zoom.querySelectorAll(".before, .next").forEach((button) => { button.hidden = all.length < 2; });
  if (!zoom.open) { zoom.showModal(); }
};
const near = (is) => {
  zoom.classList.toggle("is-near", is);
  zoom.querySelector(".near").setAttribute("aria-pressed", String(is));
  const seen = zoom.querySelector(".seen");
  seen.scrollTo((seen.scrollWidth - seen.clientWidth) / 2, (seen.scrollHeight - seen.clientHeight) / 2);
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("main .photos a:has(> img)");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
  event.preventDefault();
  look(link);
});
zoom.querySelector(".before").addEventListener("click", () => zoom.go(-1));
zoom.querySelector(".next").addEventListener("click", () => zoom.go(1));
zoom.querySelector(".close").addEventListener("click", () => zoom.close());
zoom.querySelector(".near").addEventListener("click", () => near(!zoom.classList.contains("is-near")));
zoom.querySelector(".seen").addEventListener("click", (event) => {
  if (event.target.tagName === "IMG") { near(!zoom.classList.contains("is-near")); } else { zoom.close(); }
});
zoom.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft" && !zoom.classList.contains("is-near")) { zoom.go(-1); }
  if (event.key === "ArrowRight" && !zoom.classList.contains("is-near")) { zoom.go(1); }
  if (event.key === "+" || event.key === "-") { near(event.key === "+"); }
});
zoom.addEventListener("close", () => { zoom.querySelector("img").removeAttribute("src"); });
// A part of the page was asked for and another page came, an entrance or an error: it is shown whole, as the browser does.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const came = new URL(xhr.responseURL);
  if (xhr.status >= 400 || came.pathname !== new URL(pathInfo.finalRequestPath, window.location.href).pathname) {
    event.preventDefault();
    window.location.assign(came.href);
  }
});
document.addEventListener("htmx:afterSwap", (event) => { wire(event.detail.elt); });
document.addEventListener("htmx:sendError", (event) => { window.location.assign(event.detail.pathInfo.finalRequestPath); });

// A table that is wider than its frame is scrolled by keyboard, too.
function reachTables() {
  for (const frame of document.querySelectorAll(".table:not([tabindex])")) {
    if (frame.scrollWidth <= frame.clientWidth) continue;
    const heading = frame.closest("section, main").querySelector("h1, h2, h3");
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    if (heading) frame.setAttribute("aria-label", heading.textContent.trim());
  }
}
reachTables();
document.addEventListener("htmx:afterSwap", reachTables);

// j and k go from row to row of a list that says so; Enter then follows the row's link, as everywhere.
function rowLinks() { return [...document.querySelectorAll("[data-rows] tbody tr > td:first-child a")]; }
function tellRowKeys() { document.querySelectorAll("[data-row-keys]").forEach((hint) => { hint.hidden = rowLinks().length < 2 || !window.matchMedia("(hover: hover)").matches; }); }
document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable], dialog")) { return; }
  const [links, row] = [rowLinks(), document.activeElement.closest("[data-rows] tbody tr")];
  if (!links.length) { return; }
  const at = links.findIndex((link) => link.closest("tr") === row);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  event.preventDefault();
  next.focus();
  next.closest("tr").scrollIntoView({ block: "nearest" });
});
tellRowKeys();
document.addEventListener("htmx:afterSwap", tellRowKeys);
// The key / leads to the field that finds things; who speaks to the machine, or types on it by chance, turns that off beside the field.
const SLASH = "backhaul-slash";
document.addEventListener("keydown", (event) => {
  const field = document.querySelector("[data-find]");
  const scans = document.querySelector("[data-station]:not([data-find])"); // a code may have a slash in it
  if (scans || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !field || window.localStorage.getItem(SLASH) === "no") { return; }
  if (event.target.closest("input, textarea, select, dialog, [contenteditable]") || !field.checkVisibility()) { return; }
  event.preventDefault();
  field.focus();
  field.select();
});
document.querySelectorAll("[data-slash]").forEach((box) => {
  box.closest("[data-slash-choice]").hidden = false;
  box.checked = window.localStorage.getItem(SLASH) !== "no";
  box.addEventListener("change", () => { window.localStorage.setItem(SLASH, box.checked ? "yes" : "no"); });
});
