// From the description of the service to TypeScript, the same way for writing it and for the test
// that holds the committed file against it.
import openapi, { astToString } from "openapi-typescript";

const HEAD = `// Made from the service's description of itself by \`npm run generate\`. Do not edit.
`;

/** @param {any} description @returns {Promise<string>} */
export async function typesOf(description) {
  // A field with a default may be missing from what the service answers.
  const nodes = await openapi(description, { defaultNonNullable: false });
  return HEAD + astToString(nodes);
}
