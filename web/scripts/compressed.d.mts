export function writeCompressed(folder: string, names: readonly string[]): void;
