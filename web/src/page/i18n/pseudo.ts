/** A message with its letters marked and made a third longer: text on the page without marks is
 * written in the code, and text that no longer fits shows as well. */
import { type Message, parse } from "./messages";

const MARKED: Readonly<Record<string, string>> = {
  a: "å",
  e: "ë",
  i: "ï",
  o: "ö",
  u: "ü",
  n: "ñ",
  s: "š",
  r: "ř",
  A: "Å",
  E: "Ë",
  I: "Ï",
  O: "Ö",
  U: "Ü",
};

export function pseudo(source: string): string {
  return `⟦${rewritten(parse(source))}⟧`;
}

function rewritten(message: Message): string {
  return message.map(ofPart).join("");
}

function ofPart(part: Message[number]): string {
  switch (part.kind) {
    case "text":
      return marked(part.text);
    case "count":
      return "#";
    case "value":
      return part.isNumber ? `{${part.name}, number}` : `{${part.name}}`;
    case "choice": {
      const cases = [...part.cases].map(([name, inner]) => `${name} {${rewritten(inner)}}`);
      return `{${part.name}, ${part.by}, ${cases.join(" ")}}`;
    }
  }
}

function marked(text: string): string {
  const letters = [...text].map((letter) => MARKED[letter] ?? letter).join("");
  return letters + "·".repeat(Math.floor(text.trim().length / 3));
}
