/** Starts the app: theme, server state, session, pages. */
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./styles.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queryClient";
import { ignoreSecondClicks } from "./shell/oneClick";
import { SessionGate } from "./shell/SessionGate";
import { resolver, theme } from "./theme";

const colours = localStorageColorSchemeManager({ key: "querist-color-scheme" });
// The colour of the first paint has done its work; from now on the styles follow the theme.
document.documentElement.style.removeProperty("background");
ignoreSecondClicks(document);
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={resolver}
        defaultColorScheme="auto"
        colorSchemeManager={colours}
      >
        <QueryClientProvider client={queryClient}>
          <Notifications position="bottom-center" autoClose={6000} />
          <SessionGate />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
