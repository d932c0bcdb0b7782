/**
 * Values of a JSON body that are what they should be, or an error that names the field.
 *
 * Convex's validators would do for types, but they refuse fields they do not know, and a newer
 * service may send some; and a library such as Zod would have to be installed by every application
 * that copies this folder.
 */

export class BadField extends Error {
  constructor(
    readonly field: string,
    readonly wanted: string,
    /** 413 where there is too much of it, and nothing else is wrong. */
    readonly status: 400 | 413 = 400,
  ) {
    super(`${field} ${wanted}`);
  }
}

export class Fields {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly path = "",
  ) {}

  /** `null` is how the service writes that there is none. */
  has(name: string): boolean {
    return Object.prototype.hasOwnProperty.call(this.values, name) && this.values[name] !== null;
  }

  text(name: string, longest: number, pattern?: RegExp): string {
    const value = this.take(name);
    if (typeof value !== "string") throw this.bad(name, "must be a string");
    if (value.length > longest) throw this.bad(name, `must have at most ${longest} characters`);
    if (pattern !== undefined && !pattern.test(value)) {
      throw this.bad(name, `must match ${pattern.source}`);
    }
    // Half of a character: JSON can say it, Convex cannot store it.
    if (/\p{Surrogate}/u.test(value)) throw this.bad(name, "must be well-formed Unicode");
    return value;
  }

  number(name: string, least: number, most: number): number {
    const value = this.take(name);
    // JSON's 1e999 is read as infinity.
    if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most) {
      throw this.bad(name, `must be a number ${range(least, most)}`);
    }
    return value;
  }

  integer(name: string, least: number, most: number): number {
    const value = this.take(name);
    if (
      typeof value !== "number" ||
      !Number.isSafeInteger(value) ||
      value < least ||
      value > most
    ) {
      throw this.bad(name, `must be a whole number ${range(least, most)}`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value !== "boolean") throw this.bad(name, "must be true or false");
    return value;
  }

  oneOf<T extends string>(name: string, accepted: readonly T[]): T {
    const found = accepted.find((each) => each === this.take(name));
    if (found === undefined) throw this.bad(name, `must be one of ${accepted.join(", ")}`);
    return found;
  }

  /** Milliseconds since 1970, from ISO 8601 in UTC. Finer than a millisecond is cut off. */
  moment(name: string): number {
    const value = this.take(name);
    const parts =
      typeof value === "string"
        ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z$/.exec(value)
        : null;
    const milliseconds = (parts?.[2] ?? ".").slice(1, 4).padEnd(3, "0");
    const at = parts === null ? NaN : Date.parse(`${parts[1]}.${milliseconds}Z`);
    // Date takes the 30th of February for the 2nd of March.
    if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(parts?.[1] ?? "?")) {
      throw this.bad(name, "must be a time in UTC such as 2026-01-31T12:00:00.000Z");
    }
    return at;
  }

  object(name: string): Fields {
    return fieldsOf(this.take(name), this.of(name));
  }

  list<T>(name: string, most: number, item: (fields: Fields) => T): T[] {
    const value = this.take(name);
    if (!Array.isArray(value)) throw this.bad(name, "must be a list");
    if (value.length > most) {
      throw new BadField(this.of(name), `must have at most ${most} entries`, 413);
    }
    return value.map((each: unknown, i) => item(fieldsOf(each, `${this.of(name)}[${i}]`)));
  }

  bad(name: string, wanted: string): BadField {
    return new BadField(this.of(name), wanted);
  }

  of(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  private take(name: string): unknown {
    if (!this.has(name)) throw this.bad(name, "is missing");
    return this.values[name];
  }
}

export function fieldsOf(value: unknown, path = ""): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadField(path === "" ? "body" : path, "must be an object");
  }
  return new Fields(value as Record<string, unknown>, path);
}

function range(least: number, most: number): string {
  if (most === Infinity || most === Number.MAX_SAFE_INTEGER) return `from ${least}`;
  return `from ${least} to ${most}`;
}
