/** A recording in the list of the first view. */
export const row = (page, name) =>
  page
    .getByRole("region", { name: "Tus grabaciones" })
    .getByRole("listitem")
    .filter({ hasText: name });
