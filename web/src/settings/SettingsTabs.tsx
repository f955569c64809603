/** The parts of the settings, as links above each of them. */
import { Link } from "@tanstack/react-router";
import styles from "./settings.module.css";

const PARTS = [
  { to: "/settings/ontology", label: "Classes" },
  { to: "/settings/labeling", label: "Labelling" },
] as const;

export function SettingsTabs() {
  return (
    <nav className={styles.tabs} aria-label="Settings">
      {PARTS.map(({ to, label }) => (
        <Link key={to} to={to} activeOptions={{ includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
