/** Mantine's theme: one accent, system fonts, a 4-px grid, and quick transitions. */
import {
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  type MantineColorsTuple,
  Modal,
  Notification,
  Popover,
  Tooltip,
} from "@mantine/core";

const iris: MantineColorsTuple = [
  "#f3f3fc",
  "#e4e4f8",
  "#c9c9f0",
  "#abacea",
  "#8e8fe2",
  "#7071d6",
  "#5b5bcb",
  "#4f4fc4",
  "#4141a8",
  "#34348a",
];

const dark: MantineColorsTuple = [
  "#e9e9ec",
  "#b9bac1",
  "#9b9ca6",
  "#6d6e78",
  "#3a3b42",
  "#2d2e34",
  "#25262b",
  "#1a1b1f",
  "#121316",
  "#0c0d0f",
];

const quick = { duration: 120, timingFunction: "ease-out" };

export const theme = createTheme({
  primaryColor: "iris",
  primaryShade: { light: 7, dark: 6 },
  colors: { iris, dark },
  autoContrast: true,
  respectReducedMotion: true,
  cursorType: "pointer",
  defaultRadius: "md",
  radius: { xs: "3px", sm: "4px", md: "6px", lg: "10px", xl: "16px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: "600" },
  components: {
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, transitionProps: quick, withArrow: false, offset: 6 },
    }),
    Popover: Popover.extend({ defaultProps: { transitionProps: quick, shadow: "md" } }),
    Drawer: Drawer.extend({ defaultProps: { transitionProps: quick } }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { "aria-label": "Close the notice" } },
      styles: { description: { color: "var(--q-dim)" } },
    }),
    Modal: Modal.extend({ defaultProps: { transitionProps: { ...quick, transition: "fade" } } }),
  },
});

/** Point Mantine's own surfaces at our tokens (styles.css), so that both agree in both themes. */
export const resolver: CSSVariablesResolver = () => {
  const surfaces = {
    "--mantine-color-body": "var(--q-surface)",
    "--mantine-color-text": "var(--q-text)",
    "--mantine-color-dimmed": "var(--q-dim)",
    "--mantine-color-default": "var(--q-surface)",
    "--mantine-color-default-hover": "var(--q-hover)",
    "--mantine-color-default-border": "var(--q-line-strong)",
    "--mantine-color-placeholder": "var(--q-dim)",
    "--mantine-color-error": "var(--q-bad)",
  };
  return { variables: {}, light: surfaces, dark: surfaces };
};
