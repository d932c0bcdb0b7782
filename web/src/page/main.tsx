import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { client } from "./app/client";
import { Lazily } from "./app/Lazily";
import { Providers } from "./app/Providers";
import { loadPart } from "./app/parts";
import { applyTheme } from "./app/theme";
import { presentLanguage } from "./i18n/context";
import { load } from "./i18n/languages";
import "./styles.css";

applyTheme();
const language = presentLanguage();
const catalogue = await loadPart(() => load(language), { forever: true });

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <Providers client={client} language={language} catalogue={catalogue}>
      <Lazily>
        <App />
      </Lazily>
    </Providers>
  </StrictMode>,
);

void loadPart(() => import("./intake/shared"), { forever: true }).then(({ receiveShared }) =>
  receiveShared(),
);
