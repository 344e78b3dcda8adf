// A hand scanner is quicker than a page: codes are sent one after the other, and the field takes the next one meanwhile.
// Without this file the form works as any other.
let waiting = Promise.resolve();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-station]")) { return; }
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  form.elements.code.value = "";
  waiting = waiting.then(() => send(form.action, body)).catch(() => { window.location.reload(); });
});
const send = async (action, body) => {
  const now = document.querySelector("[data-station]");
  if (now && body.get("carton")) { body.set("carton", now.elements.carton.value); }
  const answer = await fetch(action, { method: "POST", body, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("main");
  if (!next || !next.querySelector("[data-station]")) {
    if (answer.redirected || !now) { window.location.assign(answer.url); return; }
    // The session is over, or the door is shut: sent as any other form, so that the answer is seen and the code is kept.
    now.elements.code.value = body.get("code");
    now.submit();
    await new Promise(() => {}); // the page is left: a code that waits must not take the place of this one
  }
  const field = document.getElementById("code");
  const typed = field ? field.value : "";
  document.getElementById("main").replaceWith(document.adoptNode(next));
  const again = document.getElementById("code");
  if (typed) { again.value = typed; }
  again.focus();
  document.dispatchEvent(new Event("station:answered"));
};
