/**
 * Messages in ICU's syntax, as much of it as the page needs: `{name}`, `{n, number}`,
 * `{n, plural, =0 {none} one {# file} other {# files}}`, `{x, select, a {…} other {…}}`, nested.
 * Which plural form a number takes, and how it is written, is known to `Intl`.
 */
export type Values = Readonly<Record<string, string | number>>;

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly name: string; readonly isNumber: boolean }
  | { readonly kind: "count" }
  | {
      readonly kind: "choice";
      readonly name: string;
      readonly by: "plural" | "select";
      readonly cases: ReadonlyMap<string, Message>;
    };

export type Message = readonly Part[];

export function parse(source: string): Message {
  const reader = new Reader(source);
  const message = reader.message(false);
  if (!reader.ended) throw new SyntaxError(`unexpected } in: ${source}`);
  return message;
}

export function format(message: Message, values: Values, language: string): string {
  return written(message, values, language, null);
}

function written(message: Message, values: Values, language: string, count: number | null): string {
  return message.map((part) => ofPart(part, values, language, count)).join("");
}

function ofPart(part: Part, values: Values, language: string, count: number | null): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "count":
      return count === null ? "#" : number(count, language);
    case "value": {
      const value = values[part.name];
      if (part.isNumber || typeof value === "number") return number(Number(value), language);
      return value ?? `{${part.name}}`;
    }
    case "choice": {
      const value = values[part.name] ?? "other";
      const chosen = chosenFrom(part.cases, value, part.by, language);
      const inner = part.by === "plural" ? Number(value) : count;
      return written(chosen, values, language, inner);
    }
  }
}

function chosenFrom(
  cases: ReadonlyMap<string, Message>,
  value: string | number,
  by: "plural" | "select",
  language: string,
): Message {
  const name = by === "select" ? String(value) : pluralRules(language).select(Number(value));
  const exact = by === "plural" ? cases.get(`=${value}`) : undefined;
  return exact ?? cases.get(name) ?? cases.get("other") ?? [];
}

const rules = new Map<string, Intl.PluralRules>();
function pluralRules(language: string): Intl.PluralRules {
  const known = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, known);
  return known;
}

const numbers = new Map<string, Intl.NumberFormat>();
function number(value: number, language: string): string {
  const known = numbers.get(language) ?? new Intl.NumberFormat(language);
  numbers.set(language, known);
  return known.format(value);
}

/** Reads a message from its first character to its last, once. */
class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get ended(): boolean {
    return this.#at >= this.#source.length;
  }

  message(inPlural: boolean): Message {
    const parts: Part[] = [];
    let text = "";
    const flush = () => {
      if (text !== "") parts.push({ kind: "text", text });
      text = "";
    };
    while (!this.ended && this.#peek() !== "}") {
      const next = this.#take();
      if (next === "{") {
        flush();
        parts.push(this.#argument());
      } else if (next === "#" && inPlural) {
        flush();
        parts.push({ kind: "count" });
      } else {
        text += next;
      }
    }
    flush();
    return parts;
  }

  /** After its opening brace. */
  #argument(): Part {
    const name = this.#word();
    if (this.#closes()) return { kind: "value", name, isNumber: false };
    this.#expect(",");
    const by = this.#word();
    if (by === "number") {
      this.#expect("}");
      return { kind: "value", name, isNumber: true };
    }
    if (by !== "plural" && by !== "select") throw this.#wrong(`"${by}" is not known`);
    this.#expect(",");
    return { kind: "choice", name, by, cases: this.#cases(by === "plural") };
  }

  #cases(inPlural: boolean): ReadonlyMap<string, Message> {
    const cases = new Map<string, Message>();
    while (!this.#closes()) {
      const name = this.#word();
      this.#expect("{");
      cases.set(name, this.message(inPlural));
      this.#expect("}");
    }
    if (!cases.has("other")) throw this.#wrong('there is no "other"');
    return cases;
  }

  #word(): string {
    this.#space();
    const found = /^[\w=.-]+/.exec(this.#source.slice(this.#at))?.[0];
    if (found === undefined) throw this.#wrong("a name is missing");
    this.#at += found.length;
    return found;
  }

  #closes(): boolean {
    this.#space();
    if (this.ended) throw this.#wrong("a } is missing");
    if (this.#peek() !== "}") return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    this.#space();
    if (this.#take() !== character) throw this.#wrong(`a ${character} is missing`);
  }

  #space(): void {
    while (/\s/.test(this.#peek())) this.#at += 1;
  }

  #peek(): string {
    return this.#source[this.#at] ?? "";
  }

  #take(): string {
    const character = this.#peek();
    this.#at += 1;
    return character;
  }

  #wrong(why: string): SyntaxError {
    return new SyntaxError(`${why} at ${this.#at} of: ${this.#source}`);
  }
}
