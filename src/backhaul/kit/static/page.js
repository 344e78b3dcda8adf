// Comfort only: every act works without this file.
document.querySelectorAll(".languages select").forEach((select) => {
  select.form.querySelector("button").hidden = true;
  select.addEventListener("change", () => select.form.submit());
});
document.querySelectorAll("form:not([data-station])").forEach((form) => {
  form.addEventListener("submit", () => {
    window.setTimeout(() => form.querySelectorAll("button").forEach((b) => { b.disabled = true; }), 0);
  });
});
document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return; // a browser offers it on https and on the own machine only; the text can be marked
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied || button.textContent;
  });
});
document.querySelectorAll("[autofocus]").forEach((field) => field.focus());
document.querySelectorAll(".tabs [aria-current], .chips [aria-current]").forEach((here) => {
  here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
});
// A field of the terms is marked as soon as it differs from what is in force.
document.querySelectorAll("form.terms").forEach((form) => {
  const value = (input) => (input.type === "checkbox" ? String(input.checked) : input.value);
  form.addEventListener("input", (event) => {
    const field = event.target.closest(".field");
    if (!field) { return; }
    field.classList.toggle("changed", [...field.querySelectorAll("[data-was]")].some((input) => value(input) !== input.dataset.was && (input.dataset.was || input.type !== "checkbox" || input.checked)));
  });
});
