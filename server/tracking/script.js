// Tells a Tabularium server which pages are viewed. It keeps nothing in the browser: no cookie, no storage.
// Comments stand on lines of their own: they and the indentation are left out of what is served (see `__init__.py`).
(() => {
  "use strict";
  const { document, history, location, navigator } = window;
  const script = document.currentScript || document.querySelector('script[src*="/api/analytics/script.js"]');
  // A page may name the script twice; one of them is enough.
  if (!script || window.tabularium?.view) return;
  const { api, hash, manual } = script.dataset;
  const address = api ? new URL(api, document.baseURI) : new URL("/api/analytics/collect", script.src);
  const isRefused = RESPECT_DO_NOT_TRACK && (navigator.doNotTrack === "1" || navigator.globalPrivacyControl);
  let referrer = document.referrer;
  let lastPath;

  // The server refuses what is too long, control characters and halves of surrogate pairs.
  const signs = (text) => Array.from(text.replace(/[\0-\x1f\ud800-\udfff]/gu, " "));

  // The query is never part of a path, nor is one that the fragment has.
  const pathOf = (page) => {
    const { pathname, hash: fragment } = new URL(page, location.origin);
    return (hash === "true" ? pathname + fragment : pathname).split("?")[0].slice(0, 2048);
  };

  const describe = (path) => {
    const view = { p: path, sw: screen.width || undefined, sh: screen.height || undefined };
    if (/^https?:/.test(referrer)) view.r = new URL(referrer).origin;
    const query = new URLSearchParams(location.search);
    for (const name of ["source", "medium", "campaign", "content", "term"]) {
      const value = signs(query.get("utm_" + name) || "");
      // Content is sent as `ux`, since `uc` is the campaign.
      if (value[0] && value.length < 256) view["u" + (name === "content" ? "x" : name[0])] = value.join("");
    }
    return view;
  };

  // The server takes 8 KiB. What it keeps least of goes first.
  const write = (view) => {
    view.t = signs(document.title).slice(0, 512).join("") || undefined;
    for (const key of ["ux", "ut", "t", "uc", "um", "us"]) {
      if (new Blob([JSON.stringify(view)]).size > 8192) delete view[key];
    }
    return JSON.stringify(view);
  };

  // Text needs no preflight.
  const deliver = (body) => {
    if (navigator.sendBeacon && navigator.sendBeacon(address, body)) return;
    fetch(address, { method: "POST", body, keepalive: true, credentials: "omit", mode: "no-cors" }).catch(() => {});
  };

  const send = (page, isMove) => {
    if (navigator.webdriver || isRefused) return;
    if (document.prerendering) {
      document.addEventListener("prerenderingchange", () => send(page, isMove), { once: true });
      return;
    }
    // Whatever happens here, the page goes on.
    try {
      const path = pathOf(page === undefined ? location.href : page);
      if (path[0] !== "/" || (isMove && path === lastPath)) return;
      lastPath = path;
      const view = describe(path);
      referrer = "";
      // A page that moves by itself changes its title a moment later.
      if (isMove) setTimeout(() => deliver(write(view)), 100);
      else deliver(write(view));
    } catch {}
  };

  window.tabularium = { view: (path) => send(path) };
  if (manual === "true") return;

  const move = () => send(undefined, true);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function () {
      original.apply(this, arguments);
      move();
    };
  }
  addEventListener("popstate", move);
  addEventListener("pageshow", (event) => event.persisted && send());
  send();
})();
