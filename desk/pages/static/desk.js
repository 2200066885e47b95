// Helps officers where scripts run: templates at the cursor, drafts of texts, and keys for the list.
// Drafts stay in this tab (sessionStorage) until they are sent or discarded, the person signs out, or the tab is closed.
(function () {
  "use strict";
  var PREFIX = "draf ", SIGNED_OUT = "meja-keluar", KEYS_OFF = "meja-pintasan-mati";
  var data = document.currentScript.dataset, owner = PREFIX + data.account + " ";

  // A browser may refuse its storage. Then there are no drafts.
  function stored(storage, action) {
    try { return action(window[storage]); } catch (error) { return null; }
  }

  function drop(isDropped) {
    stored("sessionStorage", function (storage) {
      Object.keys(storage).filter(function (key) {
        return key.indexOf(PREFIX) === 0 && isDropped(key);
      }).forEach(function (key) { storage.removeItem(key); });
    });
  }

  function dropAll() { drop(function () { return true; }); }

  // A form is sent to an address below that of its page, and may be shown again there.
  function place() { return location.pathname.replace(/\/(jawab|catatan|rekomendasi|kontribusi)$/, ""); }

  function keyOf(field) { return owner + place() + " " + field.id; }

  function keep(field) {
    stored("sessionStorage", function (storage) {
      if (field.value.trim()) storage.setItem(keyOf(field), field.value);
      else storage.removeItem(keyOf(field));
    });
  }

  function tellRestored(field) {
    var notice = document.createElement("p"), discard = document.createElement("button");
    notice.className = "hint";
    notice.setAttribute("role", "status");
    notice.textContent = data.restored + " ";
    discard.type = "button";
    discard.className = "insert";
    discard.textContent = data.discard;
    discard.addEventListener("click", function () {
      field.value = "";
      keep(field);
      notice.remove();
      field.focus();
    });
    notice.appendChild(discard);
    field.after(notice);
  }

  function restore(field) {
    var text = stored("sessionStorage", function (storage) { return storage.getItem(keyOf(field)); });
    if (text && !field.value.trim()) {
      field.value = text;
      for (var part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
      tellRestored(field);
    }
    field.addEventListener("input", function () { keep(field); });
  }

  function insert(button) {
    var field = document.getElementById(button.dataset.field);
    field.focus();
    // A paragraph of its own behind a word, as the server does it without scripts.
    var isBehindWord = /\S$/.test(field.value.slice(0, field.selectionStart));
    var text = (isBehindWord ? "\n\n" : "") + button.dataset.text;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function listenToKeys() {
    var links = Array.from(document.querySelectorAll(".cases .heading")), search = document.getElementById("cari");
    var help = document.getElementById("pintasan"), toggle = document.getElementById("pintasan-ubah");
    if (!help) return;
    var isOff = Boolean(stored("localStorage", function (storage) { return storage.getItem(KEYS_OFF); }));

    function show() {
      help.hidden = false;
      toggle.textContent = isOff ? toggle.dataset.on : toggle.dataset.off;
    }

    toggle.addEventListener("click", function () {
      isOff = !isOff;
      stored("localStorage", function (storage) {
        if (isOff) storage.setItem(KEYS_OFF, "1"); else storage.removeItem(KEYS_OFF);
      });
      show();
    });
    document.addEventListener("keydown", function (event) {
      if (isOff || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
      var current = links.indexOf(document.activeElement);
      var following = event.key === "j" ? links[current + 1] : event.key === "k" ? links[Math.max(current, 1) - 1] : null;
      var next = event.key === "/" ? search : following;
      if (!next) return;
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    });
    show();
  }

  function offerSignIn() {
    var offer = document.getElementById("masuk-di-sini");
    var hasDraft = stored("sessionStorage", function (storage) {
      return Object.keys(storage).some(function (key) { return key.indexOf(PREFIX) === 0; });
    });
    if (!offer || !hasDraft) return;
    var page = document.referrer ? new URL(document.referrer) : null;
    if (page && page.origin === location.origin) {
      offer.querySelector("a").href = "/desk/masuk?lanjut=" + encodeURIComponent(page.pathname + page.search);
    }
    offer.hidden = false;
    document.getElementById("masuk-di-tab-baru").hidden = true;
  }

  window.addEventListener("storage", function (event) {
    if (event.key === SIGNED_OUT) dropAll();
  });
  if (!data.account) {
    offerSignIn();
    return;
  }
  // Another person signed in at this browser.
  drop(function (key) { return key.indexOf(owner) !== 0; });
  document.querySelectorAll("[data-sent]").forEach(function (sent) {
    drop(function (key) {
      return key.indexOf(owner + "/desk/laporan/" + sent.dataset.sent + " ") === 0 && !/ catatan$/.test(key);
    });
  });
  document.querySelectorAll("[data-saved]").forEach(function (saved) {
    drop(function (key) { return key === owner + place() + " " + saved.dataset.saved; });
  });
  document.querySelectorAll("textarea[name=isi]").forEach(restore);
  document.querySelectorAll("button[data-text]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      insert(button);
    });
  });
  listenToKeys();
  document.querySelectorAll('form[action="/desk/keluar"]').forEach(function (form) {
    form.addEventListener("submit", function () {
      dropAll();
      stored("localStorage", function (storage) { storage.setItem(SIGNED_OUT, String(Date.now())); });
    });
  });
})();
