export function typesOf(description: unknown): Promise<string>;
