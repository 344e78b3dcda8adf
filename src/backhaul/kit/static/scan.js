// A camera as a scanner, where the browser can read codes. Everything works without it: a hand scanner types, a person too.
// A scanner ends a code with Enter: inside a checklist that means the next field, not the end of the checklist.
document.querySelectorAll("input[data-next-on-enter]").forEach((field) => {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") { return; }
    event.preventDefault();
    const fields = [...field.form.elements].filter((other) => !["hidden", "button", "fieldset"].includes(other.type));
    fields[fields.indexOf(field) + 1].focus();
  });
});
const wireCameras = () => document.querySelectorAll("[data-scan][hidden]").forEach((place) => {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) { return; }
  const field = document.getElementById(place.dataset.scan);
  const button = place.querySelector("button");
  const failed = place.querySelector("[data-scan-failed]");
  const wanted = ["qr_code", "data_matrix", "code_128", "ean_13"];
  let stop = null;
  const start = async () => {
    const known = await window.BarcodeDetector.getSupportedFormats();
    const detector = new window.BarcodeDetector({ formats: wanted.filter((form) => known.includes(form)) });
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    place.append(video);
    let running = true;
    stop = () => {
      running = false;
      stop = null;
      stream.getTracks().forEach((track) => track.stop());
      video.remove();
    };
    await video.play();
    while (running) {
      const codes = await detector.detect(video).catch(() => []);
      if (running && codes.length) {
        field.value = codes[0].rawValue;
        stop();
        if (place.dataset.submit) { field.form.requestSubmit(); } else { field.focus(); }
        return;
      }
      await new Promise((next) => { window.setTimeout(next, 150); });
    }
  };
  place.hidden = false;
  button.addEventListener("click", () => {
    if (stop) { stop(); return; }
    start().catch(() => { if (stop) { stop(); } failed.hidden = false; });
  });
});
wireCameras();
document.addEventListener("station:answered", wireCameras);
document.addEventListener("htmx:afterSwap", wireCameras);
