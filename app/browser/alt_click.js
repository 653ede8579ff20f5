// Reports clicks with the Alt key: the browser keeps the download that follows.
{
  const api = globalThis.browser ?? globalThis.chrome;
  addEventListener(
    "click",
    (event) => {
      // A page can make events of its own, which do not count.
      if (event.isTrusted && event.altKey) {
        // The promise fails after an update of the extension, until the page is loaded again.
        api.runtime.sendMessage({ type: "alt-click" }).catch(() => {});
      }
    },
    { capture: true },
  );
  // Chromium downloads what is clicked with Alt; Firefox ignores the click.
  if (api.runtime.getURL("").startsWith("moz-")) {
    addEventListener("click", (event) => {
      const link = event.isTrusted && event.altKey && event.button === 0 && event.target.closest?.("a[href]");
      if (link && !event.defaultPrevented && /^https?:$/.test(link.protocol)) {
        event.preventDefault();
        location.assign(link.href);
      }
    });
  }
}
