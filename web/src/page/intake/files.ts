/** The recordings in what was chosen, dropped or pasted. */

const SUFFIX =
  /\.(?:aac|aiff?|amr|asf|avi|caf|flac|m4a|m4b|m4v|mka|mkv|mov|mp3|mp4|mpe?g|oga|ogg|ogv|opus|wav|webm|wma|wmv|3gp)$/i;

/** By type or name. Of a folder only these are taken; a file that somebody names is always. */
export function looksLikeRecording(file: File): boolean {
  return /^(?:audio|video)\//.test(file.type) || SUFFIX.test(file.name);
}

/** Folders are gone through. Must be called within the event: afterwards the browser forgets. */
export async function filesIn(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry?.() : null;
    return entry == null ? [] : [entry];
  });
  // What the browser gives no entries for is in the plain list.
  const plain = [...data.files];
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  return (await Promise.all(entries.map(within))).flat();
}

async function within(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return looksLikeRecording(file) ? [file] : [];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map(within))).flat());
  }
}

/** An address in pasted text; null: it is none. */
export function addressIn(text: string): string | null {
  const said = text.trim();
  if (!/^https?:\/\/\S+$/i.test(said)) return null;
  return URL.canParse(said) ? said : null;
}

export function saveAs(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the content by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
