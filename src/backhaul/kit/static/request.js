// A request on a phone: each photo is sent by itself as soon as it is chosen, and what was typed or chosen is kept here until the
// request is made. A connection that breaks, a reload or a session that is over costs nothing. Without this file it is a form.
const DAY_MS = 86400000;
const KEPT_DAYS = 7;
const EDGE_PIXELS = 2400; // the house keeps no more
const SMALL_BYTES = 700000;
const PREFIX = "request:";

// What a browser keeps: texts in one place, pictures in another. Where it keeps nothing, only this comfort is missing.
const shelf = {
  read(id) { try { return JSON.parse(window.localStorage.getItem(PREFIX + id)); } catch { return null; } },
  write(id, draft) { try { window.localStorage.setItem(PREFIX + id, JSON.stringify(draft)); return true; } catch { return false; } },
  drop(id) { try { window.localStorage.removeItem(PREFIX + id); } catch { /* nothing was kept */ } },
  all() { try { return Object.keys(window.localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length)); } catch { return []; } },
};
const pictures = {
  async run(mode, act) {
    try {
      this.open ??= new Promise((done, fail) => {
        const asked = window.indexedDB.open("request", 1);
        asked.onupgradeneeded = () => { asked.result.createObjectStore("photos"); };
        asked.onsuccess = () => { done(asked.result); };
        asked.onerror = () => { fail(asked.error); };
      });
      const store = (await this.open).transaction("photos", mode).objectStore("photos");
      return await new Promise((done, fail) => {
        const asked = act(store);
        asked.onsuccess = () => { done(asked.result); };
        asked.onerror = () => { fail(asked.error); };
      });
    } catch { return undefined; }
  },
  put(key, blob) { return this.run("readwrite", (store) => store.put(blob, key)); },
  take(key) { return this.run("readonly", (store) => store.get(key)); },
  drop(key) { return this.run("readwrite", (store) => store.delete(key)); },
};
const forget = (id) => {
  const draft = shelf.read(id);
  ((draft && draft.photos) || []).forEach((photo) => { pictures.drop(photo.key); });
  shelf.drop(id);
};

const name = () => [...window.crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
// Until there is a connection again, or for a moment when the browser believes that there is one.
const connection = () => new Promise((go) => {
  const again = () => { window.clearTimeout(later); window.removeEventListener("online", again); go(); };
  const later = window.setTimeout(again, navigator.onLine ? 2000 : 15000);
  window.addEventListener("online", again);
});
// Phones take pictures that are larger than anybody looks at; a smaller one is sent in a moment. What cannot be read goes as it is.
const smaller = async (file) => {
  if (file.size <= SMALL_BYTES || !window.createImageBitmap) { return file; }
  try {
    const picture = await window.createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, EDGE_PIXELS / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
    return blob && blob.size < file.size ? blob : file;
  } catch { return file; }
};
const sent = (path, token, photo, told) => new Promise((done) => {
  const call = new XMLHttpRequest(); // `fetch` tells nobody how much is sent
  call.open("POST", path);
  call.setRequestHeader("content-type", "application/octet-stream");
  call.setRequestHeader("x-csrftoken", token);
  call.setRequestHeader("idempotency-key", photo.key);
  call.timeout = 120000;
  call.upload.onprogress = (event) => { told(event.loaded / event.total * 100); };
  call.onload = () => { done(call); };
  call.onerror = call.ontimeout = call.onabort = () => { done(null); };
  call.send(photo.blob);
});
const problem = (call) => { try { return JSON.parse(call.responseText).detail || ""; } catch { return ""; } };
const enter = (form) => { window.location.assign(`/sign-in?back=${encodeURIComponent(form.getAttribute("action"))}`); };

const request = (form, fresh) => {
  const id = form.dataset.request;
  const place = form.querySelector("[data-uploads]");
  const list = place.querySelector(".thumbs");
  const away = form.querySelector("[data-away]");
  const token = form.elements.namedItem("_csrf_token").value;
  const most = Number(place.dataset.most);
  const typed = ["reason", "comment", "units"].map((field) => form.elements.namedItem(field)).filter(Boolean);
  let photos = [];
  let working = null;
  let over = false;

  const keep = () => shelf.write(id, {
    at: Date.now(), token: form.elements.namedItem("form_token").value,
    fields: Object.fromEntries(typed.map((field) => [field.name, field.value])),
    photos: photos.filter((photo) => photo.is !== "refused").map(({ key, stored }) => ({ key, stored })),
  });
  const draw = (photo, is, words = "") => {
    photo.is = is;
    photo.item.dataset.is = is;
    photo.item.querySelector("progress").hidden = is !== "sending";
    const state = photo.item.querySelector(`[data-on="${is}"]`);
    if (words) { state.textContent = words; }
    if (is === "done") {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "photos";
      field.value = photo.stored;
      photo.item.append(field);
    }
  };
  const show = (photo) => {
    photo.item = place.querySelector("template").content.firstElementChild.cloneNode(true);
    photo.item.querySelector("img").src = photo.blob ? URL.createObjectURL(photo.blob) : `/photos/mine/${photo.stored}`;
    photo.item.querySelector("[data-remove]").addEventListener("click", () => {
      photos = photos.filter((other) => other !== photo);
      photo.is = "removed";
      photo.item.remove();
      pictures.drop(photo.key);
      place.querySelector("[data-too-many]").hidden = true;
      keep();
    });
    photos.push(photo);
    list.append(photo.item);
    draw(photo, photo.stored ? "done" : "waits");
  };
  const work = async () => {
    for (let photo; !over && (photo = photos.find((one) => one.is === "waits"));) {
      draw(photo, "sending");
      const bar = photo.item.querySelector("progress");
      const call = await sent(place.dataset.uploads, token, photo, (percent) => { bar.value = percent; });
      if (photo.is === "removed") { continue; }
      if (call && call.status === 201) {
        photo.stored = JSON.parse(call.responseText).id;
        draw(photo, "done");
        away.hidden = true;
        pictures.drop(photo.key);
        keep();
      } else if (call && call.status === 401) {
        draw(photo, "waits");
        over = true; // the photo waits until somebody is signed in
        form.querySelector("[data-over]").hidden = false;
      } else if (call && call.status < 500 && call.status !== 429) {
        draw(photo, "refused", problem(call));
        keep();
      } else {
        draw(photo, "waits");
        away.hidden = false;
        await connection();
      }
    }
    working = null;
  };
  const uploads = () => { working ??= work(); return working; };
  const choose = async (files) => {
    place.querySelector("[data-too-many]").hidden = photos.length + files.length <= most;
    for (const file of files.slice(0, Math.max(0, most - photos.length))) {
      const photo = { key: name(), blob: await smaller(file) };
      await pictures.put(photo.key, photo.blob);
      show(photo);
      keep();
      uploads();
    }
  };
  let choosing = Promise.resolve();
  place.querySelectorAll("input[type=file]").forEach((input) => {
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      choosing = choosing.then(() => choose(files));
    });
  });

  const send = async (button) => {
    form.querySelectorAll("button[type=submit]").forEach((one) => { one.disabled = true; });
    const label = button.textContent;
    button.textContent = form.dataset.busy;
    await choosing;
    await uploads();
    const data = new FormData(form);
    if (button.name) { data.append(button.name, button.value); }
    for (;;) {
      if (over) { if (keep()) { enter(form); } else { form.submit(); } return; }
      const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" }).catch(() => null);
      if (answer && answer.status === 401) { over = true; continue; }
      if (answer && answer.redirected && answer.ok) { forget(id); window.location.assign(answer.url); return; }
      const page = answer ? new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html") : null;
      const next = page && page.getElementById("main");
      if (next) { refused(next); return; }
      away.hidden = false;
      await connection();
      button.textContent = label;
      button.textContent = form.dataset.busy;
    }
  };
  const refused = (next) => {
    document.getElementById("main").replaceWith(document.adoptNode(next));
    wire(next);
    const again = next.querySelector("form[data-request]");
    if (again) { request(again, false); }
    window.scrollTo(0, 0);
    const alarm = next.querySelector("[role=alert]");
    if (alarm) { alarm.tabIndex = -1; alarm.focus(); }
  };

  // What the page came with, then what was kept here.
  list.querySelectorAll("li").forEach((item) => {
    const stored = item.querySelector("input").value;
    item.remove();
    show({ key: name(), stored });
  });
  const counted = place.querySelector("[data-kept]");
  if (counted) { counted.hidden = true; }
  place.classList.add("by-itself");
  place.querySelector("[data-choose]").hidden = false;
  place.querySelector("[data-camera]").hidden = navigator.maxTouchPoints === 0; // a camera at hand, not one on a desk
  form.addEventListener("input", keep);
  form.addEventListener("submit", (event) => { event.preventDefault(); send(event.submitter); });
  window.addEventListener("online", () => { away.hidden = true; });
  const restore = async (draft) => {
    typed.forEach((field) => { field.value = draft.fields[field.name] ?? field.value; });
    form.elements.namedItem("form_token").value = draft.token;
    const there = new Set(photos.map((photo) => photo.stored));
    for (const { key, stored } of draft.photos) {
      const blob = stored ? null : await pictures.take(key);
      if ((stored && !there.has(stored)) || blob) { show({ key, stored, blob }); }
    }
    const something = photos.length || typed.some((field) => field.name !== "units" && field.value);
    form.querySelector("[data-restored]").hidden = !something;
    form.querySelector("[data-start-anew]").addEventListener("click", () => { forget(id); window.location.assign(form.getAttribute("action")); });
    uploads();
  };
  const draft = fresh ? shelf.read(id) : null;
  if (draft) { choosing = restore(draft); } else { keep(); }
};

const asked = document.querySelector("form[data-request]");
// Drafts of somebody else on this machine, and those that nobody came back to, go.
const mine = asked ? asked.dataset.request.split("/")[0] : "";
shelf.all().forEach((id) => {
  const draft = shelf.read(id);
  if (asked && (id.split("/")[0] !== mine || !draft || Date.now() - draft.at > KEPT_DAYS * DAY_MS)) { forget(id); }
});
if (asked) { request(asked, true); }
