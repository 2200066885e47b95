// Enhances the receipt where scripts run: buttons that copy the number and the own link, share and print the number. Its
// texts come from the page. The draft of the form, which is sent now, is removed from the tab.
(function () {
  "use strict";
  var number = document.getElementById("nomor-laporan"), notice = document.getElementById("nomor-kabar");
  if (!number || !notice) return;

  try {
    Object.keys(window.sessionStorage).forEach(function (name) {
      if (name.indexOf("laporan") === 0) window.sessionStorage.removeItem(name);
    });
  } catch (error) {
    // The browser has no storage.
  }

  function offer(id, action) {
    var button = document.getElementById(id);
    button.hidden = false;
    button.addEventListener("click", action);
  }

  function offerCopy(id, text, status) {
    offer(id, function () {
      navigator.clipboard.writeText(text).then(function () {
        status.textContent = status.dataset.copied;
      }, function () {
        status.textContent = status.dataset.failed;
      });
    });
  }

  if (navigator.clipboard && window.isSecureContext) {
    offerCopy("nomor-salin", number.textContent, notice);
    offerCopy("tautan-salin", document.getElementById("tautan").href, document.getElementById("tautan-kabar"));
  }
  if (navigator.share) {
    offer("nomor-bagikan", function () {
      // The person may close the list of apps; that is no error.
      navigator.share({ text: number.dataset.share, url: number.dataset.address }).catch(function () {});
    });
  }
  if (window.print) offer("nomor-cetak", function () { window.print(); });
})();
