import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { client } from "./app/client";
import { Providers } from "./app/Providers";
import { applyTheme } from "./app/theme";
import { presentLanguage } from "./i18n/context";
import { load } from "./i18n/languages";
import "./styles.css";

applyTheme();
const language = presentLanguage();
const catalogue = await load(language);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <Providers client={client} language={language} catalogue={catalogue}>
      <App />
    </Providers>
  </StrictMode>,
);

void import("./intake/shared").then(({ receiveShared }) => receiveShared());
