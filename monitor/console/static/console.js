// Keeps the console live. Listens to the server's events, applies the changes to the lists, draws the charts of the
// last hour, filters agencies by name, and warns when no event arrives any more.
// Without scripts the page reloads itself every 15 seconds instead.
(function () {
  "use strict";
  var CHART_SECONDS = 3600;        // Width of a chart: one hour.
  var STALE_SECONDS = 30;          // An older snapshot is marked as not live. Usual are five seconds.
  var RECONNECT_MS = 15000;        // Pause before the next attempt when the server has too many listeners.
  var body = document.body, eventId = body.dataset.id;
  var snapshotAge = Number(body.dataset.age), receivedAt = performance.now();
  var title = document.title;
  if (!window.EventSource || !window.Map) return;

  // Texts in the language of the page. A value in square brackets is replaced.
  var texts = JSON.parse(document.getElementById("texts").textContent);
  function fill(text, values) {
    return text.replace(/\[(\w+)\]/g, function (_placeholder, name) { return values[name]; });
  }

  function byId(id) { return document.getElementById(id); }
  function listElement(name) { return document.querySelector('[data-list="' + name + '"]'); }
  function listRows(name) { return Array.from(listElement(name).children).filter(function (row) { return row.dataset.key; }); }
  function setText(node, text) { if (node.textContent !== text) node.textContent = text; }

  // Lists. Unchanged nodes are never replaced, so that the reader keeps place, focus and selection.
  function parseRow(html) {
    var template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  }

  function updateNode(node, fresh) {
    if (node.nodeType !== Node.ELEMENT_NODE) {
      if (node.nodeValue !== fresh.nodeValue) node.nodeValue = fresh.nodeValue;
      return;
    }
    if (node.hasAttribute("data-keep")) return;
    Array.from(fresh.attributes).forEach(function (attribute) {
      if (node.getAttribute(attribute.name) !== attribute.value) node.setAttribute(attribute.name, attribute.value);
    });
    var children = Array.from(node.childNodes), freshChildren = Array.from(fresh.childNodes);
    freshChildren.forEach(function (freshChild, index) {
      var child = children[index];
      if (!child) node.appendChild(freshChild);
      else if (child.nodeType === freshChild.nodeType && child.nodeName === freshChild.nodeName) updateNode(child, freshChild);
      else node.replaceChild(freshChild, child);
    });
    children.slice(freshChildren.length).forEach(function (child) { node.removeChild(child); });
  }

  function applyListChange(name, change) {
    var list = listElement(name), rows = new Map();
    Array.from(list.children).forEach(function (row) { rows.set(row.dataset.key, row); });
    change.removed.forEach(function (key) { rows.get(key).remove(); rows.delete(key); });
    change.placed.forEach(function (placement) {
      var key = placement[0], after = placement[1], row = rows.get(key), fresh = parseRow(placement[2]);
      if (row) updateNode(row, fresh);
      else rows.set(key, row = fresh);
      if (after !== null) list.insertBefore(row, after === "" ? list.firstChild : rows.get(after).nextSibling);
    });
  }

  // Alerts. Screen readers hear which alerts were raised and which were cleared, and nothing else.
  function alertTexts() {
    var texts = new Map();
    listRows("alerts").forEach(function (row) {
      texts.set(row.dataset.key, row.querySelector(".badge").textContent + ": " + row.querySelector(".text").textContent);
    });
    return texts;
  }

  function announceAlerts(before, after) {
    var sentences = [];
    after.forEach(function (text, key) { if (!before.has(key)) sentences.push(text); });
    listRows("alerts").forEach(function (row) { if (!before.has(row.dataset.key)) row.classList.add("raised"); });
    // While the bus or the database is away, a missing alert is unknown, not cleared.
    var unknown = after.has("bus-away") || after.has("database-away");
    before.forEach(function (text, key) { if (!after.has(key) && !unknown) sentences.push(fill(texts.cleared, { text: text })); });
    if (sentences.length) byId("announcement").textContent = sentences.join(" ");
  }

  // Charts of the last hour. The scale starts at zero; a line has a gap where there was no value.
  var history = JSON.parse(byId("history").textContent), charts = new Map();

  function styleValue(name) { return function () { return getComputedStyle(body).getPropertyValue(name); }; }

  function lineData(name) { return [history.at, history.lines[name] || history.at.map(function () { return null; })]; }

  function createChart(line) {
    var container = line.querySelector(".chart");
    var plot = new window.uPlot({
      width: container.clientWidth || 1, height: container.clientHeight || 1, padding: [2, 0, 1, 0],
      cursor: { show: false }, legend: { show: false }, select: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: false, range: function () {
          var end = history.at[history.at.length - 1] || CHART_SECONDS;
          return [end - CHART_SECONDS, end];
        } },
        y: { range: function (_, low, high) { return [0, Math.max(high || 0, 1)]; } }
      },
      series: [{}, { stroke: styleValue("--accent"), fill: styleValue("--fill"), width: 1.5, points: { show: false } }]
    }, lineData(line.dataset.line), container);
    return { plot: plot, container: container, highest: line.querySelector(".highest"), label: line.getAttribute("aria-label") };
  }

  function formatDuration(seconds) {
    var units = [[86400, texts.days], [3600, texts.hours], [60, texts.minutes], [1, texts.seconds]];
    var unit = units.find(function (candidate) { return seconds >= candidate[0]; }) || [1, texts.seconds];
    return fill(unit[1], { number: Math.round(seconds / unit[0]) });
  }

  function formatValue(value, unit) {
    return unit === "seconds" ? formatDuration(value) : value.toLocaleString(document.documentElement.lang === "en" ? "en-GB" : "id-ID") + (" " + unit).trimEnd();
  }

  function drawCharts() {
    if (!window.uPlot) return;
    charts.forEach(function (chart, line) { if (!line.isConnected) { chart.plot.destroy(); charts.delete(line); } });
    document.querySelectorAll("[data-line]").forEach(function (line) {
      var chart = charts.get(line), data = lineData(line.dataset.line);
      if (chart) chart.plot.setData(data);
      else { charts.set(line, chart = createChart(line)); resizeObserver.observe(chart.container); }
      var highest = data[1].reduce(function (maximum, value) { return Math.max(maximum, value || 0); }, 0);
      var text = fill(texts.upTo, { value: formatValue(highest, line.dataset.unit) });
      setText(chart.highest, text);
      line.setAttribute("aria-label", chart.label + ": " + text);
    });
  }

  var resizeObserver = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      var chart = charts.get(entry.target.parentNode);
      if (chart && entry.contentRect.width !== chart.plot.width) {
        chart.plot.setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
      }
    });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    charts.forEach(function (chart) { chart.plot.redraw(); });
  });

  function appendToHistory(at, values) {
    history.at.push(at);
    Object.keys(values).forEach(function (name) {
      if (!history.lines[name]) history.lines[name] = history.at.slice(1).map(function () { return null; });
    });
    Object.keys(history.lines).forEach(function (name) {
      history.lines[name].push(name in values ? values[name] : null);
    });
    var expired = history.at.findIndex(function (time) { return time >= at - CHART_SECONDS; });
    history.at.splice(0, expired);
    Object.keys(history.lines).forEach(function (name) { history.lines[name].splice(0, expired); });
  }

  // Filter of the agencies. It opens the remaining agencies while it is in use.
  var filter = byId("filter"), remaining = byId("remaining"), openedByFilter = false;

  function filterAgencies() {
    var query = filter.value.trim().toLowerCase(), matches = 0, total = 0;
    ["largest", "remaining"].forEach(function (name) {
      listRows(name).forEach(function (row) {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(query);
        matches += row.hidden ? 0 : 1;
        total += 1;
      });
    });
    setText(byId("matches"), query ? fill(texts.matches, { matches: matches, total: total }) : "");
    remaining.hidden = !listElement("remaining").rows.length;
    if (query && !remaining.open) openedByFilter = remaining.open = true;
    if (!query && openedByFilter) openedByFilter = remaining.open = false;
  }

  // Events of the server.
  function applyEvent(message) {
    var changes = JSON.parse(message.data), alertsBefore = alertTexts();
    Object.keys(changes.facts).forEach(function (name) {
      if (name === "title") title = changes.facts[name];
      document.querySelectorAll('[data-fact="' + name + '"]').forEach(function (node) { setText(node, changes.facts[name]); });
    });
    Object.keys(changes.lists).forEach(function (name) { applyListChange(name, changes.lists[name]); });
    if (changes.lists.alerts) announceAlerts(alertsBefore, alertTexts());
    if (changes.lists.largest || changes.lists.remaining) filterAgencies();
    appendToHistory(changes.at, changes.values);
    drawCharts();
    // Set last: a page that can't apply an event soon shows that it is not live.
    receivedAt = performance.now();
    snapshotAge = 0;
    eventId = message.lastEventId;
    showAge();
  }

  function listen() {
    var source = new EventSource("/ops/events?after=" + encodeURIComponent(eventId));
    source.onmessage = applyEvent;
    source.addEventListener("fresh", function () { source.close(); location.reload(); });
    // The browser does not reconnect by itself after the 503 for too many listeners.
    source.onerror = function () { if (source.readyState === EventSource.CLOSED) setTimeout(listen, RECONNECT_MS); };
  }

  function showAge() {
    var banner = byId("stale"), seconds = Math.round(snapshotAge + (performance.now() - receivedAt) / 1000);
    var isStale = seconds > STALE_SECONDS;
    setText(byId("age"), fill(texts.age, { seconds: seconds }));
    document.title = (isStale ? texts.notLive + " " : "") + title;
    if (isStale) setText(banner, fill(texts.stale, { seconds: seconds }));
    if (banner.hidden === isStale) {
      banner.hidden = !isStale;
      byId("announcement").textContent = isStale ? texts.lost : texts.live;
    }
  }

  // Before the first snapshot the page has no lists.
  if (filter) {
    filter.closest(".filter").hidden = false;
    filter.addEventListener("input", filterAgencies);
    drawCharts();
    filterAgencies();
    showAge();
    setInterval(showAge, 1000);
  }
  listen();
})();
