// A station with a scanner: whatever is typed goes to its field, answers have numbers and can be heard. Everything works without it.
const KEPT = "station-sound";
const TONES = { good: [[880, 0]], attention: [[587, 0], [784, 0.17]], bad: [[220, 0], [220, 0.22]] };
const scanField = () => document.querySelector("input[data-station], [data-station] [name=code]");
// Browsers let a page sound only after somebody has touched it. What cannot be heard at once is never heard late.
const beep = (tone) => {
  const context = new AudioContext();
  TONES[tone].forEach(([frequency, after]) => {
    const sound = context.createOscillator();
    sound.frequency.value = frequency;
    sound.connect(context.destination);
    sound.start(context.currentTime + after);
    sound.stop(context.currentTime + after + 0.15);
  });
  window.setTimeout(() => context.close(), 800);
};
// An answer says its tone; a refusal above the page is one too.
const toneOf = (page) => {
  const answer = page.querySelector("[data-tone]");
  if (answer) { return answer.dataset.tone; }
  return page.querySelector(".alarm[role=alert]") ? "bad" : "";
};
const sayTone = () => {
  const tone = toneOf(document.getElementById("main"));
  document.documentElement.dataset.heard = tone;
  if (tone in TONES && window.localStorage.getItem(KEPT) === "yes") { beep(tone); }
};
// What is drawn and can take the cursor, in its order.
const fieldsOf = (form) => [...form.querySelectorAll("input, select, textarea, button")].filter((one) => one.type !== "hidden" && !one.disabled && one.getClientRects().length);
const enterInto = (form) => {
  const [first] = fieldsOf(form);
  if (first) { first.focus(); first.scrollIntoView({ block: "center" }); }
};
const open = (details) => {
  details.open = true;
  enterInto(details.querySelector("form") || details);
};
// Answers with numbers: the number and Enter in the empty field choose one. A code of one digit is no code.
const choices = () => [...document.querySelectorAll("[data-choose]")];
const choose = (one) => { if (one.matches("details")) { open(one); } else if (one.matches("form")) { enterInto(one); } else { one.click(); } };
const wireStation = () => {
  const field = scanField();
  if (!field) { return; }
  choices().slice(0, 9).forEach((one, at) => {
    const number = document.createElement("kbd");
    number.textContent = String(at + 1);
    number.className = "choice";
    (one.querySelector("summary, h2") || one).prepend(number, " ");
  });
  document.querySelectorAll("[data-choose-hint]").forEach((hint) => { hint.hidden = !choices().length; });
  field.addEventListener("keydown", (event) => {
    const one = /^[1-9]$/.test(field.value) && choices()[Number(field.value) - 1];
    if (event.key !== "Enter" || !one) { return; }
    event.preventDefault();
    field.value = "";
    choose(one);
  });
  const box = document.querySelector("[data-sound]");
  if (box) {
    box.closest("label").hidden = false;
    box.checked = window.localStorage.getItem(KEPT) === "yes";
    box.addEventListener("change", () => {
      window.localStorage.setItem(KEPT, box.checked ? "yes" : "no");
      if (box.checked) { beep("good"); }
      scanField().focus();
    });
  }
  sayTone();
};
document.addEventListener("keydown", (event) => {
  const field = scanField();
  if (!field || event.ctrlKey || event.metaKey || event.altKey) { return; }
  if (event.key === "Escape") { field.focus(); field.select(); return; }
  if (event.key.length !== 1) { return; }
  const at = event.target.closest && event.target.closest("input, select, textarea, button, a, summary");
  const radio = at && at.type === "radio" ? at : null;
  // In a checklist a digit is an answer, and the next question follows.
  if (radio && /^[1-9]$/.test(event.key)) {
    const answers = [...radio.form.elements].filter((one) => one.name === radio.name);
    const answer = answers[Number(event.key) - 1];
    if (!answer) { return; }
    event.preventDefault();
    answer.checked = true;
    answer.dispatchEvent(new Event("change", { bubbles: true }));
    const later = fieldsOf(radio.form).filter((one) => one.name !== radio.name);
    const next = later.find((one) => answer.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (next) { next.focus(); }
    return;
  }
  // Gloved hands hit anything: a letter that nothing else takes is the start of a code.
  const takes = at && (at.matches("select, textarea") || (at.matches("input") && !["radio", "checkbox", "file"].includes(at.type)));
  if (!at || (!takes && event.key !== " " && !/[0-9]/.test(event.key))) { field.focus(); }
});
// The label opens beside this page; the field is where one goes on.
window.addEventListener("focus", () => { if (document.activeElement === document.body && scanField()) { scanField().focus(); } });
// A form that gives a file leaves its page as it is: its buttons work again.
document.querySelectorAll("form[data-again]").forEach((form) => {
  form.addEventListener("submit", () => {
    window.setTimeout(() => {
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      if (scanField()) { scanField().focus(); }
    }, 50);
  });
});
// Photos one after the other from the camera of a phone; they gather in the form's own field.
const wireTakes = () => document.querySelectorAll("[data-take][hidden]").forEach((place) => {
  if (!window.matchMedia("(any-pointer: coarse)").matches) { return; }
  const field = document.getElementById(place.dataset.take);
  const count = place.querySelector(".count");
  const camera = document.createElement("input");
  const tell = () => { count.textContent = field.files.length || ""; };
  Object.assign(camera, { type: "file", accept: field.accept });
  camera.setAttribute("capture", "environment");
  camera.addEventListener("change", () => {
    const all = new DataTransfer();
    [...field.files, ...camera.files].forEach((file) => all.items.add(file));
    field.files = all.files;
    camera.value = "";
    tell();
  });
  field.addEventListener("change", tell);
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => camera.click());
});
wireTakes();
wireStation();
document.addEventListener("station:answered", wireStation);
document.addEventListener("htmx:afterSwap", wireStation);
// A form that was refused, or one that a link names, is where one goes on; else the field.
const named = window.location.hash.length > 1 && document.getElementById(window.location.hash.slice(1));
const wrong = document.querySelector(".field.wrong, [aria-invalid=true]");
const wanted = wrong || (named && named.closest("details.act") ? named : null);
// On a phone the cursor in a field calls the keyboard: only where the field is what one came for.
const waits = (field) => field && (field.autofocus || !window.matchMedia("(pointer: coarse)").matches);
const begin = () => {
  const around = wanted && wanted.closest("details");
  if (around) { around.open = true; }
  if (wrong) { enterInto(wrong.closest(".field") || wrong.parentElement); } else if (around) { open(around); } else if (waits(scanField())) { scanField().focus(); }
};
window.addEventListener("DOMContentLoaded", begin);
// Going to the place that the address names takes the cursor out of every field.
window.addEventListener("load", () => { window.setTimeout(() => { if (document.activeElement === document.body) { begin(); } }, 0); });
