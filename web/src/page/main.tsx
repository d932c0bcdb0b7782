import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RetenderClient } from "../client";
import { RetenderProvider } from "../hooks";
import { Page } from "./Page";
import "./styles.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <RetenderProvider client={new RetenderClient()}>
      <Page />
    </RetenderProvider>
  </StrictMode>,
);
