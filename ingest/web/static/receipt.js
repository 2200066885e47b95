// Enhances the receipt where scripts run: buttons that copy, share and print the number. Its texts come from the page.
(function () {
  "use strict";
  var number = document.getElementById("nomor-laporan"), notice = document.getElementById("nomor-kabar");
  if (!number || !notice) return;

  function offer(id, action) {
    var button = document.getElementById(id);
    button.hidden = false;
    button.addEventListener("click", action);
  }

  if (navigator.clipboard && window.isSecureContext) {
    offer("nomor-salin", function () {
      navigator.clipboard.writeText(number.textContent).then(function () {
        notice.textContent = notice.dataset.copied;
      }, function () {
        notice.textContent = notice.dataset.failed;
      });
    });
  }
  if (navigator.share) {
    offer("nomor-bagikan", function () {
      // The person may close the list of apps; that is no error.
      navigator.share({ text: number.dataset.share, url: number.dataset.address }).catch(function () {});
    });
  }
  if (window.print) offer("nomor-cetak", function () { window.print(); });
})();
