/** The parts of the settings, as links above each of them. */
import { Link } from "@tanstack/react-router";
import { SETTINGS } from "./parts";
import styles from "./settings.module.css";

export function SettingsTabs() {
  return (
    <nav className={styles.tabs} aria-label="Settings">
      {SETTINGS.map(({ to, label }) => (
        <Link key={to} to={to} activeOptions={{ includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
