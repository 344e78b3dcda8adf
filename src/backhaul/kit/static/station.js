// A station with a scanner: whatever is typed goes to its field, and the answer can be heard. Everything works without it.
const field = document.querySelector("[data-station]");
const box = document.querySelector("[data-sound]");
const answer = document.querySelector("[data-tone]");
const KEPT = "station-sound";
const beep = (tone) => {
  const context = new AudioContext();
  const tones = tone === "good" ? [[880, 0]] : [[220, 0], [220, 0.22]];
  tones.forEach(([frequency, after]) => {
    const sound = context.createOscillator();
    sound.frequency.value = frequency;
    sound.connect(context.destination);
    sound.start(context.currentTime + after);
    sound.stop(context.currentTime + after + 0.15);
  });
};
if (field) {
  // Gloved hands hit anything: a key that is typed outside every field is typed into this one.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, select, textarea, button, a, summary");
    if (!typing && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) { field.focus(); }
  });
  // The label opens beside this page; the field is where one goes on.
  window.addEventListener("focus", () => { if (document.activeElement === document.body) { field.focus(); } });
}
// A form that gives a file leaves its page as it is: its buttons work again.
document.querySelectorAll("form[data-again]").forEach((form) => {
  form.addEventListener("submit", () => {
    window.setTimeout(() => {
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      if (field) { field.focus(); }
    }, 50);
  });
});
if (box) {
  box.closest("label").hidden = false;
  box.checked = window.localStorage.getItem(KEPT) === "yes";
  box.addEventListener("change", () => {
    window.localStorage.setItem(KEPT, box.checked ? "yes" : "no");
    if (box.checked) { beep("good"); }
    if (field) { field.focus(); }
  });
  if (box.checked && answer) { beep(answer.dataset.tone); }
}
