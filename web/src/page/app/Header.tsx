import { useEffect, useState, useSyncExternalStore } from "react";
import { useWords } from "../i18n/context";
import { LANGUAGES, type Language } from "../i18n/languages";
import { keyStore } from "../keys/key";
import { Icon, type IconName } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { Menu } from "../ui/Menu";
import { Lazily } from "./Lazily";
import { part } from "./parts";
import { addressOf, type Route } from "./routes";
import { applyTheme, THEMES, theme } from "./theme";
import { useRemembered } from "./useRemembered";

const KeyDialog = part(async () => (await import("../keys/KeyDialog")).KeyDialog);

export function Header({ route }: { readonly route: Route }) {
  const { t, language, choose } = useWords();
  const [chosenTheme, chooseTheme] = useRemembered(theme);
  return (
    <header className="border-b border-line bg-raised">
      <div className="mx-auto flex max-w-6xl items-center gap-1 px-3 py-2 sm:px-5">
        <a
          href={addressOf({ name: "home" })}
          className="me-2 flex items-center gap-2 rounded-md px-1 text-base font-semibold"
        >
          <span className="text-accent">
            <Icon name="wave" size={24} />
          </span>
          Retender
        </a>
        <nav aria-label={t("shell.menu")} className="flex grow gap-1">
          <Place
            href={addressOf({ name: "home" })}
            icon="home"
            text={t("shell.home")}
            here={route.name === "home"}
          />
          <Place
            href={addressOf({ name: "service" })}
            icon="gauge"
            text={t("shell.service")}
            here={route.name === "service"}
          />
        </nav>
        <Key />
        <Menu
          label={t("shell.language")}
          icon="language"
          shown={language.toUpperCase()}
          className="px-2"
          items={(Object.keys(LANGUAGES) as Language[]).map((code) => ({
            label: LANGUAGES[code],
            lang: code,
            checked: code === language,
            run: () => choose(code),
          }))}
        />
        <Menu
          label={t("shell.theme")}
          icon={({ system: "monitor", light: "sun", dark: "moon" } as const)[chosenTheme]}
          items={THEMES.map((name) => ({
            label: t(`shell.theme.${name}`),
            icon: ({ system: "monitor", light: "sun", dark: "moon" } as const)[name],
            checked: name === chosenTheme,
            run: () => {
              chooseTheme(name);
              applyTheme();
            },
          }))}
        />
      </div>
    </header>
  );
}

function Place({
  href,
  icon,
  text,
  here,
}: {
  readonly href: string;
  readonly icon: IconName;
  readonly text: string;
  readonly here: boolean;
}) {
  return (
    <a
      href={href}
      aria-current={here ? "page" : undefined}
      className="inline-flex min-h-9 items-center gap-2 rounded-md px-2 text-sm text-soft hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-ink sm:px-3"
    >
      <Icon name={icon} />
      <span className="max-sm:sr-only">{text}</span>
    </a>
  );
}

/** Shown once a key is used or wanted; the dialog opens by itself when one is wanted. */
function Key() {
  const { t } = useWords();
  const { key, wanted } = useSyncExternalStore(keyStore.subscribe, keyStore.getSnapshot);
  const [isOpen, open] = useState(false);
  useEffect(() => {
    if (wanted) open(true);
  }, [wanted]);
  if (key === null && !wanted) return null;
  return (
    <>
      <IconButton icon="key" label={t("keys.title")} onClick={() => open(true)} />
      {isOpen && (
        <Lazily>
          <KeyDialog onClose={() => open(false)} />
        </Lazily>
      )}
    </>
  );
}
