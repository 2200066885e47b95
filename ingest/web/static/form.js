// Enhances the form where scripts run: it loads the lists of regions, offers the phone's location, names a file that is
// too large before it is sent, shows how much of the files was sent, and keeps a draft in the tab. Without scripts the
// form's buttons do the same.
// Its texts come from the page, in the language of the page.
(function () {
  "use strict";
  function byId(id) { return document.getElementById(id); }

  // Draft: what was typed stays in this tab alone, until the report is sent or the tab is closed. It comes back when the
  // form is opened again, by "Back" or anew.
  var form = byId("laporan"), recap = byId("kirim"), shownForm = form || recap;
  if (!shownForm) return;
  var joined = shownForm.elements.same_as ? shownForm.elements.same_as.value : "", draftName = "laporan" + joined;

  function saveDraft() {
    var fields = [];
    new FormData(shownForm).forEach(function (value, name) {
      if (typeof value === "string" && name !== "step" && name !== "website") fields.push([name, value]);
    });
    try {
      window.sessionStorage.setItem(draftName, JSON.stringify(fields));
      return true;
    } catch (error) {
      // The browser has no storage, or it is full.
      return false;
    }
  }

  function readDraft() {
    try {
      return JSON.parse(window.sessionStorage.getItem(draftName));
    } catch (error) {
      return null;
    }
  }

  // The recap, and a form that was shown again, answer a POST. "Back" and a reload open the form with the draft instead,
  // so that the browser does not ask whether to send again. Without a draft they stay as they are: nothing is lost.
  if (window.FormData && (recap || !form.dataset.isNew) && saveDraft() && window.history.replaceState) {
    window.history.replaceState(null, "", "/lapor" + (joined ? "?sama=" + encodeURIComponent(joined) : ""));
  }
  if (!form || !window.fetch || !window.Promise) return;

  function show(element, shown) { element.hidden = !shown; }

  // Regions: picking one loads the list of the regions inside it.
  function option(value, label) {
    var element = document.createElement("option");
    element.value = value;
    element.textContent = label;
    return element;
  }

  function empty(level) {
    var select = byId(level);
    while (select.options.length > 2) select.remove(2);
    select.value = "";
    show(byId(level + "-isian"), false);
  }

  function fill(level, code, picked) {
    return fetch("/web/regions/" + encodeURIComponent(code)).then(function (response) {
      if (!response.ok) throw new Error("no list");
      return response.json();
    }).then(function (regions) {
      var parent = byId(level === "city" ? "province" : "city");
      if (parent.value !== code) return;
      empty(level);
      regions.forEach(function (region) { byId(level).appendChild(option(region[0], region[1])); });
      show(byId(level + "-isian"), true);
      if (picked) byId(level).value = picked;
    }).catch(function () {
      // The list could not be loaded: show the form's own button for it.
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

  // The phone's location.
  var offer = byId("titik-tawaran"), notice = byId("titik-kabar"), point = byId("titik-ada");
  function locate(latitude, longitude) {
    byId("latitude").value = latitude;
    byId("longitude").value = longitude;
    byId("titik-angka").textContent = latitude ? latitude + ", " + longitude : "";
    show(point, latitude !== "");
    namePlace(latitude, longitude);
  }
  // The name of the place, from the service. Without it the point stays a point.
  function namePlace(latitude, longitude) {
    var place = byId("titik-tempat");
    place.textContent = "";
    if (!latitude) return;
    fetch("/web/point", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "latitude=" + encodeURIComponent(latitude) + "&longitude=" + encodeURIComponent(longitude)
    }).then(function (response) {
      if (!response.ok) throw new Error("no name");
      return response.json();
    }).then(function (answer) {
      if (byId("latitude").value !== latitude || byId("longitude").value !== longitude) return;
      place.textContent = answer.place
        ? place.dataset.around.replace("[tempat]", function () { return answer.place; }) : place.dataset.unknown;
    }).catch(function () {
      place.textContent = "";
    });
  }
  if (navigator.geolocation && window.isSecureContext) {
    show(offer, true);
    byId("titik-pakai").addEventListener("click", function () {
      notice.textContent = notice.dataset.searching;
      navigator.geolocation.getCurrentPosition(function (position) {
        locate(position.coords.latitude.toFixed(5), position.coords.longitude.toFixed(5));
        notice.textContent = notice.dataset.added;
        saveDraft();
      }, function () {
        notice.textContent = notice.dataset.failed;
      }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
    });
  }
  byId("titik-hapus").addEventListener("click", function (event) {
    event.preventDefault();
    locate("", "");
    notice.textContent = notice.dataset.removed;
    byId("address").focus();
  });

  // Files: name a file that is too large before minutes are spent on sending it.
  var files = byId("files"), fileNotice = byId("files-kabar");
  function checkSizes() {
    var maxFileBytes = Number(files.dataset.most), totalBytes = 0, largeName = "";
    Array.prototype.forEach.call(files.files, function (file) {
      totalBytes += file.size;
      if (file.size > maxFileBytes && !largeName) largeName = file.name;
    });
    var message = "";
    if (largeName) message = files.dataset.fileTooLarge.replace("[berkas]", function () { return largeName; });
    else if (totalBytes > Number(files.dataset.all)) message = files.dataset.allTooLarge;
    fileNotice.textContent = message;
    files.setCustomValidity(message);
  }
  if (files.files) files.addEventListener("change", checkSizes);

  // Upload: send the files with a progress bar, then the form without them. The form carries them as sealed fields.
  var progress = byId("unggah"), bar = byId("unggah-bagian"), uploadNotice = byId("unggah-kabar");
  var uploadFailed = false, isUploading = false;

  // Name of a stored file: its seal is readable, and only the service can make one.
  function fileName(sealedFile) {
    try {
      return JSON.parse(atob(sealedFile.split(".")[0].replace(/-/g, "+").replace(/_/g, "/"))).name;
    } catch (error) {
      return "";
    }
  }

  // Let the form carry a stored file, as a tick box like those that the service renders.
  function carry(sealedFile) {
    var stored = byId("files-tersimpan"), choice = document.createElement("div");
    var field = document.createElement("input"), label = document.createElement("label");
    var number = form.querySelectorAll("input[name=kept]").length + 1;
    choice.className = "choice";
    field.type = "checkbox";
    field.name = "kept";
    field.id = label.htmlFor = "kept-" + number;
    field.value = sealedFile;
    field.checked = true;
    label.textContent = fileName(sealedFile) || stored.dataset.file + " " + number;
    choice.appendChild(field);
    choice.appendChild(label);
    stored.appendChild(choice);
    show(stored, true);
  }

  function showSent(event) {
    if (!event.lengthComputable) return;
    var percent = Math.floor(100 * event.loaded / event.total);
    bar.value = percent;
    uploadNotice.textContent = uploadNotice.dataset.sending.replace("[persen]", percent);
  }

  function fail() {
    // The next press sends the form with its files, as without a script.
    uploadFailed = true;
    isUploading = false;
    show(bar, false);
    uploadNotice.textContent = uploadNotice.dataset.failed;
  }

  function upload(button) {
    var request = new XMLHttpRequest(), data = new FormData();
    data.append("form_id", form.elements.form_id.value);
    Array.prototype.forEach.call(files.files, function (file) { data.append("files", file); });
    request.upload.addEventListener("progress", showSent);
    request.addEventListener("error", fail);
    request.addEventListener("load", function () {
      var answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch (error) {
        answer = null;
      }
      if (request.status !== 200 || !answer || answer.refused) return fail();
      answer.kept.forEach(carry);
      files.value = "";
      isUploading = false;
      form.requestSubmit(button);
    });
    show(progress, true);
    show(bar, true);
    request.open("POST", "/web/files");
    request.send(data);
  }

  var draftNotice = byId("draf");
  function restoreDraft(fields) {
    var values = {};
    form.querySelectorAll("input[type=checkbox]").forEach(function (box) { box.checked = false; });
    form.querySelectorAll("input[name=kept]").forEach(function (box) { box.parentNode.remove(); });
    fields.forEach(function (field) {
      var name = field[0], value = field[1], element = form.elements[name];
      values[name] = value;
      if (name === "kept") carry(value);
      else if (!element || name === "city" || name === "district") return;
      else if (element.type === "checkbox") element.checked = true;
      else element.value = value;
    });
    if (values.latitude && values.longitude) locate(values.latitude, values.longitude);
    ["name", "phone", "email", "anonim", "rahasia"].forEach(function (name) {
      if (values[name]) byId("bagian-kontak").open = true;
    });
    if (values.title || values.incident_time || values.agency || values.kind !== "pengaduan") {
      byId("bagian-rincian").open = true;
    }
    empty("city");
    empty("district");
    if (!values.province) return;
    fill("city", values.province, values.city).then(function () {
      if (values.city && values.city !== "-") return fill("district", values.city, values.district);
    });
  }

  var draft = form.dataset.isNew ? readDraft() : null;
  if (draft) {
    restoreDraft(draft);
    show(draftNotice, true);
  }
  byId("draf-kosongkan").addEventListener("click", function () {
    try {
      window.sessionStorage.removeItem(draftName);
    } catch (error) {
      // The browser has no storage.
    }
    window.location.replace(window.location.href);
  });
  form.addEventListener("input", saveDraft);
  form.addEventListener("change", saveDraft);
  byId("titik-hapus").addEventListener("click", saveDraft);

  form.addEventListener("submit", function (event) {
    saveDraft();
    if (isUploading) return event.preventDefault();
    if (!files.files || !files.files.length || uploadFailed || !form.requestSubmit) return;
    event.preventDefault();
    isUploading = true;
    upload(event.submitter);
  });
})();
