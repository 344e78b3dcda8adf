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
document.querySelectorAll(".top nav [aria-current], .tabs [aria-current], .chips [aria-current]").forEach((here) => {
  here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
});
