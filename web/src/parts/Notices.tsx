/** What a page says when something failed, is missing, or is not there yet. */
import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import styles from "./parts.module.css";

/** What, which, and what to do. */
export function ErrorNotice({ error, children }: { error: unknown; children?: ReactNode }) {
  const message = error instanceof Error ? error.message : "Something went wrong.";
  const remedy = error instanceof ApiError ? error.remedy : "Reload the page.";
  return (
    <div className={styles.error} role="alert">
      <IconAlertTriangle size={18} aria-hidden="true" />
      <div>
        <strong>{message}</strong>
        <p>{remedy}</p>
        {children}
      </div>
    </div>
  );
}

type EmptyProps = { title: string; children?: ReactNode; action?: ReactNode; icon?: ReactNode };

/** A page with nothing on it yet teaches the next step. */
export function Empty({ title, children, action, icon }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {icon && <div className={styles.emptyIcon}>{icon}</div>}
      <h2>{title}</h2>
      {children && <div className={styles.emptyText}>{children}</div>}
      {action && <div className={styles.emptyAction}>{action}</div>}
    </div>
  );
}

export function PageMissing() {
  return (
    <Empty title="There is no such page" action={<Link to="/">Go to Home</Link>}>
      The address may be mistyped, or from another version.
    </Empty>
  );
}
