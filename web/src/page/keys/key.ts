/** The key of the person who uses the page, where the service asks for one. */
const NAME = "retender.key";

export interface KeyView {
  readonly key: string | null;
  /** The service refused: a key is missing, or this one is not good. */
  readonly wanted: boolean;
}

export class KeyStore {
  readonly #listeners = new Set<() => void>();
  #view: KeyView = { key: kept(), wanted: false };

  readonly getSnapshot = (): KeyView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** `lasting`: also after the browser is closed. */
  use(key: string, lasting: boolean): void {
    this.#keep(key, lasting);
    this.#show({ key, wanted: false });
  }

  forget(): void {
    this.#keep(null, true);
    this.#show({ key: null, wanted: false });
  }

  refused(): void {
    if (!this.#view.wanted) this.#show({ ...this.#view, wanted: true });
  }

  #keep(key: string | null, lasting: boolean): void {
    try {
      localStorage.removeItem(NAME);
      sessionStorage.removeItem(NAME);
      if (key !== null) (lasting ? localStorage : sessionStorage).setItem(NAME, key);
    } catch {
      // It is kept as long as the page.
    }
  }

  #show(view: KeyView): void {
    this.#view = view;
    for (const listener of [...this.#listeners]) listener();
  }
}

function kept(): string | null {
  try {
    return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

export const keyStore = new KeyStore();
