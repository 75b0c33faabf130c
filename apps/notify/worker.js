// Kept by the browser to show messages while no page is open. Loads nothing from anywhere.

self.addEventListener("push", (event) => {
  let told;
  try {
    told = event.data.json();
  } catch {
    return;
  }
  const urgent = told.severity === "critical" || told.severity === "high";
  event.waitUntil(
    self.registration.showNotification(told.title, {
      body: told.body,
      tag: told.tag,
      renotify: true,
      requireInteraction: urgent,
      lang: told.language,
      data: { url: told.url },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  // Only our own pages are opened, whatever a message says.
  const url = new URL(event.notification.data?.url ?? "/desk/", self.location.origin);
  const page = new URL(url.pathname + url.search, self.location.origin).href;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((windows) => {
      const open = windows.find((one) => one.url === page);
      return open ? open.focus() : self.clients.openWindow(page);
    }),
  );
});
