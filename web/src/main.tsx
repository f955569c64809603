/** Starts the app: theme, server state, session, pages. */
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./styles.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { SessionGate } from "./shell/SessionGate";
import { resolver, theme } from "./theme";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: true,
      retry: (failures, error) =>
        error instanceof ApiError ? error.passing && failures < 3 : failures < 2,
    },
  },
});

const colours = localStorageColorSchemeManager({ key: "querist-color-scheme" });
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
        <QueryClientProvider client={client}>
          <Notifications position="bottom-center" autoClose={6000} />
          <SessionGate />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
