// Comfort only: every act works without this file.
const wire = (root) => {
  root.querySelectorAll(".languages select").forEach((select) => {
    select.form.querySelector("button").hidden = true;
    select.addEventListener("change", () => select.form.submit());
  });
  root.querySelectorAll("form:not([data-station]):not([hx-boost])").forEach((form) => {
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
