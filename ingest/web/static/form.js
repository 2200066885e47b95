// What the form does where scripts run: the lists of places fill themselves, the phone's own place is offered, and a
// file that is too large is named before it is sent. Without it everything works all the same, by the form's buttons.
(function () {
  "use strict";
  var form = document.getElementById("laporan");
  if (!form || !window.fetch || !window.Promise) return;

  function byId(id) { return document.getElementById(id); }
  function show(element, shown) { element.hidden = !shown; }

  // Places: a wider one fills the next.
  function option(value, label) {
    var made = document.createElement("option");
    made.value = value;
    made.textContent = label;
    return made;
  }

  function empty(level) {
    var select = byId(level);
    while (select.options.length > 2) select.remove(2);
    select.value = "";
    show(byId(level + "-isian"), false);
  }

  function fill(level, code) {
    var asked = code;
    fetch("/web/regions/" + encodeURIComponent(code)).then(function (answer) {
      if (!answer.ok) throw new Error("no list");
      return answer.json();
    }).then(function (found) {
      var wider = byId(level === "city" ? "province" : "city");
      if (wider.value !== asked) return;
      empty(level);
      found.forEach(function (region) { byId(level).appendChild(option(region[0], region[1])); });
      show(byId(level + "-isian"), true);
    }).catch(function () {
      // The list did not come: the form's own button asks for it.
      show(byId(level + "-minta"), true);
    });
  }

  ["city", "district"].forEach(function (level) { show(byId(level + "-minta"), false); });
  byId("province").addEventListener("change", function () {
    empty("city");
    empty("district");
    if (this.value) fill("city", this.value);
  });
  byId("city").addEventListener("change", function () {
    empty("district");
    if (this.value && this.value !== "-") fill("district", this.value);
  });

  // The phone's own place.
  var offer = byId("titik-tawaran"), told = byId("titik-kabar"), held = byId("titik-ada");
  function locate(latitude, longitude) {
    byId("latitude").value = latitude;
    byId("longitude").value = longitude;
    byId("titik-angka").textContent = latitude ? latitude + ", " + longitude : "";
    show(held, latitude !== "");
  }
  if (navigator.geolocation && window.isSecureContext) {
    show(offer, true);
    byId("titik-pakai").addEventListener("click", function () {
      told.textContent = "Mencari lokasi Anda…";
      navigator.geolocation.getCurrentPosition(function (found) {
        locate(found.coords.latitude.toFixed(5), found.coords.longitude.toFixed(5));
        told.textContent = "Lokasi Anda ditambahkan ke laporan.";
      }, function () {
        told.textContent = "Lokasi tidak dapat dibaca. Pilih tempatnya dari daftar, atau tulis alamatnya.";
      }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
    });
  }
  byId("titik-hapus").addEventListener("click", function (event) {
    event.preventDefault();
    locate("", "");
    told.textContent = "Titik lokasi dihapus.";
    byId("address").focus();
  });

  // Files: said before minutes of sending.
  var files = byId("files"), says = byId("files-kabar");
  function weigh() {
    var most = Number(files.dataset.most), all = 0, large = "";
    Array.prototype.forEach.call(files.files, function (file) {
      all += file.size;
      if (file.size > most && !large) large = file.name;
    });
    var wrong = "";
    if (large) wrong = "Terlalu besar: " + large + ". Paling banyak 8 MB untuk satu berkas.";
    else if (all > Number(files.dataset.all)) wrong = "Terlalu besar: paling banyak 25 MB untuk semua berkas.";
    says.textContent = wrong;
    files.setCustomValidity(wrong);
  }
  if (files.files) files.addEventListener("change", weigh);
})();
