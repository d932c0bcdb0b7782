import { NetworkError } from "./errors";

/** A part of this client that only some need is loaded when it is: over the network, and may fail with it. */
export async function arrived<T>(part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch (error) {
    throw new NetworkError("a part of the program could not be loaded", error);
  }
}
