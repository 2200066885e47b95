// The console where scripts run: hears of every look and puts in place what changed, draws the last hour, finds
// agencies by name, and says so when it hears nothing any more. Without it the page loads itself again.
(function () {
  "use strict";
  var HOUR = 3600, STALE = 30, AGAIN = 15000;
  var body = document.body, id = body.dataset.id, age = Number(body.dataset.age), heard = performance.now();
  var title = document.title;
  if (!window.EventSource || !window.Map) return;

  function byId(name) { return document.getElementById(name); }
  function list(name) { return document.querySelector('[data-list="' + name + '"]'); }
  function write(node, text) { if (node.textContent !== text) node.textContent = text; }

  // Rows: what stays the same is not touched, so that a reader's place, focus and selection stay as well.
  function made(html) {
    var template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  }

  function same(old, fresh) { return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName; }

  function mend(old, fresh) {
    if (old.nodeType !== 1) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.hasAttribute("data-keep")) return;
    Array.from(fresh.attributes).forEach(function (each) {
      if (old.getAttribute(each.name) !== each.value) old.setAttribute(each.name, each.value);
    });
    var were = Array.from(old.childNodes), are = Array.from(fresh.childNodes);
    are.forEach(function (child, at) {
      if (!were[at]) old.appendChild(child);
      else if (same(were[at], child)) mend(were[at], child);
      else old.replaceChild(child, were[at]);
    });
    were.slice(are.length).forEach(function (child) { old.removeChild(child); });
  }

  function arrange(name, change) {
    var place = list(name), rows = new Map();
    Array.from(place.children).forEach(function (row) { rows.set(row.dataset.key, row); });
    change.gone.forEach(function (key) { rows.get(key).remove(); rows.delete(key); });
    change.put.forEach(function (one) {
      var key = one[0], after = one[1], row = rows.get(key), fresh = made(one[2]);
      if (row) mend(row, fresh);
      else rows.set(key, row = fresh);
      if (after !== null) place.insertBefore(row, after === "" ? place.firstChild : rows.get(after).nextSibling);
    });
  }

  // What needs a person is also said to those who do not see the page: what began, and what is over.
  function standing() {
    var found = new Map();
    Array.from(list("concerns").children).forEach(function (row) {
      if (row.dataset.key) {
        found.set(row.dataset.key, row.querySelector(".badge").textContent + ": " + row.querySelector(".says").textContent);
      }
    });
    return found;
  }

  function tell(before, now) {
    var said = [];
    now.forEach(function (says, key) {
      if (before.has(key)) return;
      said.push(says);
      Array.from(list("concerns").children).forEach(function (row) {
        if (row.dataset.key === key) row.classList.add("began");
      });
    });
    // What can't be seen is not over.
    var dark = now.has("bus-away") || now.has("database-away");
    before.forEach(function (says, key) { if (!now.has(key) && !dark) said.push("Over: " + says); });
    if (said.length) byId("told").textContent = said.join(" ");
  }

  // Lines: the last hour of each, from none up; a gap where nothing could be seen.
  var history = JSON.parse(byId("history").textContent), plots = new Map();

  function colour(name) { return function () { return getComputedStyle(body).getPropertyValue(name); }; }

  function data(name) { return [history.at, history.lines[name] || history.at.map(function () { return null; })]; }

  function plot(node) {
    var place = node.querySelector(".chart");
    var chart = new window.uPlot({
      width: place.clientWidth || 1, height: place.clientHeight || 1, padding: [2, 0, 1, 0],
      cursor: { show: false }, legend: { show: false }, select: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: false, range: function () { var end = history.at[history.at.length - 1] || HOUR; return [end - HOUR, end]; } },
        y: { range: function (_, low, high) { return [0, Math.max(high || 0, 1)]; } }
      },
      series: [{}, { stroke: colour("--accent"), fill: colour("--fill"), width: 1.5, points: { show: false } }]
    }, data(node.dataset.line), place);
    return { chart: chart, place: place, most: node.querySelector(".most"), label: node.getAttribute("aria-label") };
  }

  function span(seconds) {
    var unit = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(function (one) { return seconds >= one[0]; }) || [1, "s"];
    return Math.round(seconds / unit[0]) + " " + unit[1];
  }

  function draw() {
    if (!window.uPlot) return;
    plots.forEach(function (_, node) { if (!node.isConnected) { plots.get(node).chart.destroy(); plots.delete(node); } });
    document.querySelectorAll("[data-line]").forEach(function (node) {
      var known = plots.get(node), values = data(node.dataset.line);
      if (known) known.chart.setData(values);
      else { plots.set(node, known = plot(node)); widths.observe(known.place); }
      var high = values[1].reduce(function (most, value) { return Math.max(most, value || 0); }, 0);
      var said = node.dataset.unit === "seconds" ? span(high) : high.toLocaleString("en-GB") + (" " + node.dataset.unit).trimEnd();
      write(known.most, "up to " + said);
      node.setAttribute("aria-label", known.label + ": up to " + said);
    });
  }

  var widths = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      var known = plots.get(entry.target.parentNode);
      if (known && entry.contentRect.width !== known.chart.width) {
        known.chart.setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
      }
    });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    plots.forEach(function (known) { known.chart.redraw(); });
  });

  function remember(at, values) {
    history.at.push(at);
    Object.keys(values).forEach(function (name) {
      if (!history.lines[name]) history.lines[name] = history.at.slice(1).map(function () { return null; });
    });
    Object.keys(history.lines).forEach(function (name) {
      history.lines[name].push(name in values ? values[name] : null);
    });
    var old = history.at.findIndex(function (when) { return when >= at - HOUR; });
    history.at.splice(0, old);
    Object.keys(history.lines).forEach(function (name) { history.lines[name].splice(0, old); });
  }

  // Agencies by name.
  var filter = byId("filter"), more = byId("more"), opened = false;

  function find() {
    var asked = filter.value.trim().toLowerCase(), found = 0, all = 0;
    ["fullest", "rest"].forEach(function (name) {
      Array.from(list(name).rows).forEach(function (row) {
        if (!row.dataset.key) return;
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(asked);
        found += row.hidden ? 0 : 1;
        all += 1;
      });
    });
    write(byId("matches"), asked ? found + " of " + all : "");
    more.hidden = !list("rest").rows.length;
    if (asked && !more.open) opened = more.open = true;
    if (!asked && opened) opened = more.open = false;
  }


  // Listening.
  function hear(message) {
    var said = JSON.parse(message.data), before = standing();
    Object.keys(said.facts).forEach(function (name) {
      if (name === "title") title = said.facts[name];
      document.querySelectorAll('[data-fact="' + name + '"]').forEach(function (node) { write(node, said.facts[name]); });
    });
    Object.keys(said.lists).forEach(function (name) { arrange(name, said.lists[name]); });
    if (said.lists.concerns) tell(before, standing());
    if (said.lists.fullest || said.lists.rest) find();
    remember(said.at, said.values);
    draw();
    // Last, so that a page that could not be mended is soon said not to be live.
    heard = performance.now();
    age = 0;
    id = message.lastEventId;
    tick();
  }

  function listen() {
    var source = new EventSource("/ops/events?after=" + encodeURIComponent(id));
    source.onmessage = hear;
    source.addEventListener("fresh", function () { source.close(); location.reload(); });
    // Where too many listen already, the browser does not try again by itself.
    source.onerror = function () { if (source.readyState === 2) setTimeout(listen, AGAIN); };
  }

  function tick() {
    var stale = byId("stale"), seconds = Math.round(age + (performance.now() - heard) / 1000);
    write(byId("ago"), ", " + seconds + " s ago");
    document.title = (seconds > STALE ? "NOT LIVE " : "") + title;
    if (seconds > STALE) write(stale, "NOT LIVE: this is how it was " + seconds + " s ago. Trying to reach the monitor.");
    if (stale.hidden !== (seconds <= STALE)) {
      stale.hidden = seconds <= STALE;
      byId("told").textContent = stale.hidden ? "Live again." : "Not live any more.";
    }
  }

  // Before the first look there is nothing but to listen.
  if (filter) {
    filter.closest(".filter").hidden = false;
    filter.addEventListener("input", find);
    draw();
    find();
    tick();
    setInterval(tick, 1000);
  }
  listen();
})();
