/**
 * Whose a job is: the one place that says how the signed-in user is named in `userId`.
 *
 * `tokenIdentifier` names one user of one identity provider, and no other. With Convex Auth it
 * changes with each session: there, return `await getAuthUserId(ctx)` in its place. Whatever this
 * returns is what the application sends to the service as `user_id`; `create` gives it back.
 */
import type { Auth } from "convex/server";

export async function ownerOf(ctx: { auth: Auth }): Promise<string | null> {
  const identity = await ctx.auth.getUserIdentity();
  return identity === null ? null : identity.tokenIdentifier;
}
