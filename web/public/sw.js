// Takes in what another app of the phone shares with this one, and nothing else: every other request
// goes to the network as if this were not here, so no page is ever out of date.
const SHARED = "retender.shared";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const share = new URL("share", self.registration.scope).pathname;
  if (request.method !== "POST" || new URL(request.url).pathname !== share) return;
  event.respondWith(keep(request));
});

/** The page takes the recordings from here into its outbox, and only then deletes them. */
async function keep(request) {
  const files = (await request.formData()).getAll("files").filter((file) => file instanceof File);
  const cache = await caches.open(SHARED);
  for (const file of files) {
    const headers = {
      "Content-Type": file.type || "application/octet-stream",
      "File-Name": encodeURIComponent(file.name),
    };
    await cache.put(`shared/${crypto.randomUUID()}`, new Response(file, { headers }));
  }
  return Response.redirect(new URL("./", self.registration.scope), 303);
}
